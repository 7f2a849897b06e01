// What can be done to many guests: whether it can be done to one of them, and doing it.
import type { Applications } from "../applications/applications.ts";
import type { Actor } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { type Db, Overtaken } from "../database/database.ts";
import { parseAddress } from "../guests/address.ts";
import { type Guest, isWelcome } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { Invitation, InviteRequest } from "../invitations/invitation.ts";
import type { Invitations } from "../invitations/invitations.ts";
import type { Given, LeftOut } from "./job.ts";

export interface ActsDeps {
  clock: Clock;
  guests: Guests;
  applications: Applications;
  invitations: Invitations;
}

type Performed = { leftOut: LeftOut } | { leftOut?: undefined; committed?(): void };
type Inviting = Extract<Given, { act: "invite" }>;

export class Acts {
  readonly #deps: ActsDeps;

  constructor(deps: ActsDeps) {
    this.#deps = deps;
  }

  /** @returns why nothing would be done to the guest now */
  async look(guest: Guest, given: Given): Promise<LeftOut | undefined> {
    switch (given.act) {
      case "suspend":
        return guest.state === "suspended" ? "already-suspended" : undefined;
      case "resume":
        return guest.state === "suspended" ? undefined : "not-suspended";
      case "extend":
        return endsBefore(guest.expiresAt, given.expiresAt) ? undefined : "ends-later";
      case "revoke":
        return (await this.#live(guest, given.clientId)).length > 0 ? undefined : "not-invited";
      case "invite":
        return this.#lookAtInviting(guest, given);
    }
  }

  /** In the transaction that moves the job on. @throws Overtaken if the guest was changed after it was read */
  async perform(trx: Db, guest: Guest, given: Given, by: Actor, ready: Ready): Promise<Performed> {
    const { guests, invitations } = this.#deps;
    switch (given.act) {
      case "suspend":
        return (await guests.suspendWithin(trx, guest.sub, given.reason, by)) ? {} : { leftOut: "already-suspended" };
      case "resume":
        return (await guests.resumeWithin(trx, guest.sub, by)) ? {} : { leftOut: "not-suspended" };
      case "extend":
        if (!(await guests.updateWithin(trx, guest, { expiresAt: given.expiresAt }, by))) throw new Overtaken("the guest was changed");
        return {};
      case "revoke": {
        let revoked = 0;
        for (const invitation of ready.invitations) if (await invitations.revokeWithin(trx, invitation, by)) revoked++;
        return revoked > 0 ? {} : { leftOut: "not-invited" };
      }
      case "invite": {
        // An erased person is not recorded again.
        if (!(await guests.hold(trx, guest.sub))) return { leftOut: "no-guest" };
        const { mail } = await invitations.inviteWithin(trx, ready.request as InviteRequest, by);
        return { committed: () => mail?.send() };
      }
    }
  }

  /** Reads what `perform` needs, before the transaction. */
  async prepare(guest: Guest, given: Given): Promise<Ready> {
    if (given.act === "revoke") return { invitations: await this.#live(guest, given.clientId) };
    return { invitations: [], request: given.act === "invite" ? await this.#request(guest, given) : undefined };
  }

  #live({ sub }: Guest, clientId: string): Promise<Invitation[]> {
    return this.#deps.invitations.liveOf(clientId, sub);
  }

  async #lookAtInviting(guest: Guest, given: Inviting): Promise<LeftOut | undefined> {
    if (!isWelcome(guest, this.#deps.clock.now())) return guest.state === "suspended" ? "suspended" : "expired";
    const request = await this.#request(guest, given);
    if (!request) return "no-application";
    const refused = await this.#deps.invitations.check(request);
    if (refused)
      return refused.outcome === "guest-suspended" ? "suspended" : refused.outcome === "guest-expired" ? "expired" : refused.outcome;
    const live = await this.#live(guest, given.clientId);
    return live.some(({ targetUrl }) => targetUrl === given.targetUrl) ? "already-invited" : undefined;
  }

  /** @returns undefined if the application is gone */
  async #request(guest: Guest, { act: _act, clientId, ...request }: Inviting): Promise<InviteRequest | undefined> {
    const application = await this.#deps.applications.find(clientId);
    const address = parseAddress(guest.email);
    return application && address && { ...request, application, address, name: null, locale: null, sendMail: true };
  }
}

/** What was read for an act before its transaction. */
export interface Ready {
  invitations: Invitation[];
  request?: InviteRequest | undefined;
}

function endsBefore(end: number | null, other: number | null): boolean {
  return end !== null && (other === null || end < other);
}
