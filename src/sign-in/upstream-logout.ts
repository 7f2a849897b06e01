// The end of a session at a provider ends the session that began with it.
import { system } from "../audit/audit.ts";
import type { Logger } from "../log.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Accounts } from "../upstream/accounts.ts";
import type { Upstreams } from "../upstream/upstreams.ts";

export interface UpstreamLogoutDeps {
  log: Logger;
  upstreams: Upstreams;
  accounts: Accounts;
  sessions: Pick<Sessions, "end" | "endAllOf">;
  /** @returns the uid of the session that began with the provider's session */
  begunWith(provider: string, sid: string): Promise<string | undefined>;
  /** @returns false if the name was used before (until: milliseconds since the epoch) */
  useOnce(name: string, until: number): Promise<boolean>;
}

export class UpstreamLogout {
  readonly #deps: UpstreamLogoutDeps;

  constructor(deps: UpstreamLogoutDeps) {
    this.#deps = deps;
  }

  /**
   * Ends the session that the token names, or all of the guest's sessions if it names only a person.
   * @returns "ended" even if there was none: nobody is told which
   */
  async take(provider: string, token: string): Promise<"ended" | "refused" | "unreachable"> {
    const { upstreams, accounts, sessions, begunWith, useOnce, log } = this.#deps;
    const opened = await upstreams.open(provider);
    if (!opened) return "refused";
    const checked = await opened.party.loggedOut(token).catch((error: Error) => {
      log.warn({ err: error, provider }, "a logout token of a provider could not be checked");
      return undefined;
    });
    if (!checked) return "unreachable";
    if (checked === "refused" || !(await useOnce(`logout\0${provider}\0${checked.jti}`, checked.expiresAt))) return "refused";
    const { sid, subject } = checked;
    if (sid !== undefined) {
      const uid = await begunWith(provider, sid);
      if (uid !== undefined) await sessions.end(uid, system);
      return "ended";
    }
    const tenant = opened.upstream.tenant?.toLowerCase() ?? "";
    const linked = subject === undefined ? undefined : await accounts.find({ provider, tenant, subject });
    if (linked) await sessions.endAllOf(linked.sub, system);
    return "ended";
  }
}
