// A sign-in that an administrator tries at an application. It is a real one, under a client of Guestpass's own that has the application's look, rules
// and claims: what comes back is for that client, and stays in this process. docs/decisions/050-a-sign-in-is-tried-under-a-client-of-our-own.md
import { hash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { Challenges } from "../passkeys/challenges.ts";
import type { KeyRing } from "../secrets.ts";
import { RelyingParty, type RelyingPartyDeps, type Sent } from "../upstream/relying-party.ts";
import type { Application } from "./application.ts";

export interface TrialsDeps {
  clock: Clock;
  key: KeyRing;
  issuer: string;
  /** Where the console is: an origin with a path, no slash at its end. */
  console: string;
  /** How long (milliseconds) one can be finished. */
  lasts: number;
  /** Reaches this server. */
  fetch: RelyingPartyDeps["fetch"];
}

export type Tried =
  | { outcome: "signed-in"; sub: string; idToken: object; userinfo: object }
  /** What the application would be told (RFC 6749, 4.1.2.1). */
  | { outcome: "refused"; error: string; description: string | undefined }
  /** Begun by somebody else, for another application, or too long ago. */
  | { outcome: "not-begun-here" }
  /** The code was used before, or came too late. */
  | { outcome: "over"; cause: Error };

const prefix = "guestpass-trial.";

export class Trials {
  readonly #deps: TrialsDeps;
  readonly #challenges: Challenges;

  constructor(deps: TrialsDeps) {
    this.#deps = deps;
    this.#challenges = new Challenges(deps);
  }

  /** Begins one for an administrator. @returns where their browser goes, and until when (milliseconds since the epoch) it can come back */
  async begin({ clientId }: Application, who: string): Promise<{ url: string; until: number }> {
    const ticket = this.#challenges.make(purpose(clientId)).toString("base64url");
    const trial = `${prefix}${ticket}.${clientId}`;
    const url = await this.#party(trial).url(this.#sent(trial, who), { fresh: true });
    return { url: url.href, until: this.#deps.clock.now() + this.#deps.lasts };
  }

  /** @param answer the query with which the browser came back */
  async finish({ clientId }: Application, answer: URLSearchParams, who: string): Promise<Tried> {
    const state = answer.get("state") ?? "";
    // A client id may have a ~ as well.
    const trial = state.slice(0, Math.max(0, state.lastIndexOf("~")));
    if (this.applicationIn(trial) !== clientId) return { outcome: "not-begun-here" };
    const answered = await this.#party(trial).answer(answer, this.#sent(trial, who), { freshSince: undefined, needed: "all" });
    if (answered.outcome === "answered")
      return { outcome: "signed-in", sub: answered.idToken.sub, idToken: answered.idToken, userinfo: answered.userinfo ?? {} };
    if (answered.outcome === "not-begun-here") return { outcome: "not-begun-here" };
    if (answered.outcome === "cancelled")
      return { outcome: "refused", error: answer.get("error") ?? "", description: answer.get("error_description") ?? undefined };
    return { outcome: "over", cause: answered.error };
  }

  /** @returns the client id of the application that is tried under this one; undefined if no trial that goes on has it */
  applicationIn(trial: string): string | undefined {
    const [, ticket = "", clientId = ""] = /^guestpass-trial\.([\w-]+)\.(.+)$/s.exec(trial) ?? [];
    return this.#challenges.answered(purpose(clientId), ticket) && clientId;
  }

  /** The application as the client of a trial. Its secret is derived, and leaves this process nowhere. */
  asClient({ policy, metadata, ...application }: Application, trial: string): Application {
    const { id_token_signed_response_alg, logo_uri, policy_uri, tos_uri } = metadata;
    const kept = Object.entries({ id_token_signed_response_alg, logo_uri, policy_uri, tos_uri }).filter(([, value]) => value !== undefined);
    return {
      ...application,
      trial,
      pkceOptional: false,
      policy: { ...policy, administrator: false, profile: null, previousSecrets: [] },
      metadata: {
        ...Object.fromEntries(kept),
        redirect_uris: [this.#callback(application.clientId)],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_basic",
        client_secret: hash("sha256", this.#derived("secret", trial), "base64url"),
        initiate_login_uri: this.#page(application.clientId),
      },
    };
  }

  #party(trial: string): RelyingParty {
    const { issuer, clock, fetch } = this.#deps;
    const clientId = trial.slice(trial.indexOf(".", prefix.length) + 1);
    const registration = {
      issuer,
      clientId: trial,
      clientSecret: this.#derived("secret", trial),
      scope: "openid email profile invitations",
    };
    return new RelyingParty({ clock, fetch, registration, callback: this.#callback(clientId) });
  }

  /** Only the administrator who began it can finish it. */
  #sent(trial: string, who: string): Sent {
    const derived = (what: keyof Sent) => this.#derived(what, trial, who);
    return { state: `${trial}~${derived("state")}`, nonce: derived("nonce"), verifier: derived("verifier") };
  }

  #derived(...parts: string[]): string {
    return this.#deps.key.mac("trial", ...parts).toString("base64url");
  }

  #page(clientId: string): string {
    return `${this.#deps.console}/applications/${encodeURIComponent(clientId)}/try`;
  }

  #callback(clientId: string): string {
    return `${this.#page(clientId)}/answer`;
  }
}

function purpose(clientId: string): string {
  return `trial:${clientId}`;
}
