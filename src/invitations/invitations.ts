// Invitations: inviting the same address to the same application and target again extends and resends, never an error.
// The mailed link proves nothing; an invitation is redeemed by the first proof of the mailbox it was sent to.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Application } from "../applications/application.ts";
import type { AuditAction } from "../audit/actions.ts";
import { type Actor, type Audit, system } from "../audit/audit.ts";
import type { Announce } from "../changes/changes.ts";
import { type Clock, day } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import { type Address, keyOf } from "../guests/address.ts";
import { isWelcome } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { KeyRing } from "../secrets.ts";
import { type Invitation, type InviteRequest, isLive, liesUnder } from "./invitation.ts";
import { invitationToken, readInvitationToken } from "./invitation-link.ts";
import * as search from "./invitation-search-store.ts";
import * as store from "./invitation-store.ts";

export interface InvitationsDeps {
  db: Knex;
  clock: Clock;
  guests: Guests;
  audit: Audit;
  key: KeyRing;
  announce: Announce;
  /** The issuer: links begin with it. */
  origin: string;
  /**
   * Enqueues the mail in the transaction, as its last step.
   * @returns its id, when it is sent (milliseconds since the epoch), and what to do once it is committed; undefined if so many mails
   * come first that it is not sent
   */
  enqueue(trx: Db, mail: InvitationNotice): Promise<{ id: string; at: number; send(): void } | undefined>;
  /** Whether an address of the domain may be invited to the application. */
  allowsDomain(application: Application, domain: string): Promise<boolean>;
}

/** The data that decides whether an address may be invited, or mailed the invitation again. */
export type InviteQuestion = Pick<InviteRequest, "application" | "address" | "targetUrl" | "discreet">;

export type InviteOutcome =
  | { outcome: "invited"; invitation: Invitation; link: string; created: boolean; guestCreated: boolean; mailAt: number | null }
  | InviteRefusal;

export type InviteRefusal =
  /** The target URL lies under no origin that the application registered. */
  { outcome: "foreign-target" } | { outcome: "domain-refused" } | { outcome: "guest-suspended" | "guest-expired"; sub: string };

export interface InvitationNotice {
  kind: "invitation" | "sponsor-request";
  invitation: Invitation;
  link: string;
}

export class Invitations {
  readonly #deps: InvitationsDeps;

  constructor(deps: InvitationsDeps) {
    this.#deps = deps;
  }

  async invite(request: InviteRequest, by: Actor): Promise<InviteOutcome> {
    const refused = await this.check(request);
    if (refused) return refused;
    const { mail, ...invited } = await transaction(this.#deps.db, (trx) => this.inviteWithin(trx, request, by));
    mail?.send();
    return { outcome: "invited", ...invited, mailAt: mail?.at ?? null };
  }

  /**
   * As invite, in a transaction, after `check`. Call `mail.send` once it is committed.
   */
  async inviteWithin(trx: Db, request: InviteRequest, by: Actor) {
    const { application, address, name, givenName = null, familyName = null, locale } = request;
    const guest = await this.#deps.guests.recordInvited(trx, address, { name, givenName, familyName, locale }, by);
    const invited = {
      ...request,
      id: randomUUID(),
      clientId: application.clientId,
      guestSub: guest.sub,
      aliasId: guest.aliasId,
      sponsorKey: request.sponsorEmail ? keyOf(request.sponsorEmail) : null,
      at: this.#deps.clock.now(),
    };
    const held = await store.findSame(trx, invited);
    const id = await store.upsert(trx, invited);
    const invitation = (await store.find(trx, id)) as Invitation;
    const link = this.link(id);
    const created = id === invited.id;
    if (!created) await this.#deps.announce(trx, "invitation.extended", { sub: guest.sub });
    const change = held && { before: datesOf(held), after: datesOf(invitation) };
    await this.#record(trx, created ? "invitation.created" : "invitation.extended", invitation, by, change);
    const mailed = request.sendMail && isWelcome(guest, this.#deps.clock.now());
    const mail = mailed ? await this.#mail(trx, invitation) : undefined;
    return { invitation: { ...invitation, mailId: mail?.id ?? invitation.mailId }, link, created, guestCreated: guest.created, mail };
  }

  /** The reason why the invitation cannot be made, or undefined. */
  async check({ application, address, targetUrl, discreet = false }: InviteQuestion): Promise<InviteRefusal | undefined> {
    if (targetUrl !== null && !liesUnder(application.policy.targetOrigins, targetUrl)) return { outcome: "foreign-target" };
    if (!(await this.#deps.allowsDomain(application, address.domain))) return { outcome: "domain-refused" };
    const known = await this.#deps.guests.findOwner(address);
    if (!known || isWelcome(known, this.#deps.clock.now())) return undefined;
    const { sub, state } = known;
    if (discreet && !(await store.hasRedeemed(this.#deps.db, sub, application.clientId))) return undefined;
    return { outcome: state === "suspended" ? "guest-suspended" : "guest-expired", sub };
  }

  find(id: string): Promise<Invitation | undefined> {
    return store.find(this.#deps.db, id);
  }

  /** The newest first. */
  list(filter: search.InvitationFilter, limit: number, before?: search.InvitationPlace): Promise<search.InvitationPage> {
    return search.list(this.#deps.db, filter, limit, this.#deps.clock.now(), before);
  }

  /** The live invitations of a guest to an application. */
  liveOf(clientId: string, sub: string): Promise<Invitation[]> {
    return store.liveOf(this.#deps.db, sub, clientId, this.#deps.clock.now());
  }

  /** Those of these guests that were not revoked, live or not. */
  heldBy(clientId: string, subs: string[]): Promise<Invitation[]> {
    return store.heldBy(this.#deps.db, subs, clientId);
  }

  /** Whether one was sent to the mailbox behind the address. */
  hasLiveFor(clientId: string, address: Address): Promise<boolean> {
    return store.hasLiveFor(this.#deps.db, address.key, clientId, this.#deps.clock.now());
  }

  /** Redeems what is pending for the application where the invited mailbox was proven since the given moment (milliseconds). */
  async redeem(trx: Db, clientId: string, sub: string, provenSince: number, by: Actor): Promise<void> {
    for (const id of await store.redeem(trx, sub, clientId, this.#deps.clock.now(), provenSince)) {
      await this.#deps.audit.record(trx, { action: "invitation.redeemed", by, clientId, guestSub: sub, details: { invitation: id } });
    }
  }

  /** Redeems, at an authorization, what is pending for the application if the invited mailbox is already proven. */
  async redeemProven(clientId: string, sub: string, provenSince: number): Promise<void> {
    const by: Actor = { who: `guest:${sub}`, channel: "sign-in", network: null };
    await transaction(this.#deps.db, (trx) => this.redeem(trx, clientId, sub, provenSince, by));
  }

  /** Sends the mail again, with the same link, unless the guest is shut out. @returns false if it is revoked or expired */
  async resend(invitation: Invitation, by: Actor): Promise<boolean> {
    const now = this.#deps.clock.now();
    if (!isLive(invitation, now)) return false;
    const guest = await this.#deps.guests.findBySub(invitation.guestSub);
    const mail = await transaction(this.#deps.db, async (trx) => {
      await this.#record(trx, "invitation.resent", invitation, by);
      if (guest && !isWelcome(guest, now)) return undefined;
      return this.#mail(trx, invitation);
    });
    mail?.send();
    return true;
  }

  /** @returns false if it was revoked or changed since it was read */
  async extend(invitation: Invitation, dates: { redeemBy: number; accessEndsAt: number | null }, by: Actor): Promise<boolean> {
    const at = Math.max(this.#deps.clock.now(), invitation.updatedAt + 1);
    return transaction(this.#deps.db, async (trx) => {
      const extended = await store.extend(trx, invitation.id, { ...dates, at, version: invitation.updatedAt });
      if (extended) {
        await this.#deps.announce(trx, "invitation.extended", { sub: invitation.guestSub });
        await this.#record(trx, "invitation.extended", invitation, by, { before: datesOf(invitation), after: dates });
      }
      return extended;
    });
  }

  /** Takes the right away at once; the guest's other invitations stay. @returns false if it was already revoked */
  revoke(invitation: Invitation, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, (trx) => this.revokeWithin(trx, invitation, by));
  }

  /** As revoke, in a transaction. */
  async revokeWithin(trx: Db, invitation: Invitation, by: Actor): Promise<boolean> {
    if (!(await store.revoke(trx, invitation.id, this.#deps.clock.now()))) return false;
    await this.#deps.announce(trx, "invitation.revoked", { sub: invitation.guestSub, clientId: invitation.clientId });
    await this.#record(trx, "invitation.revoked", invitation, by);
    return true;
  }

  link(id: string): string {
    return `${this.#deps.origin}/invitations/${invitationToken(this.#deps.key, id)}`;
  }

  /** @returns the invitation behind a mailed link, if it still exists, and whether it is good; undefined if the link is not ours */
  async open(token: string): Promise<{ invitation?: Invitation | undefined; live: boolean } | undefined> {
    const id = readInvitationToken(this.#deps.key, token);
    if (id === undefined) return undefined;
    const invitation = await this.find(id);
    return { invitation, live: invitation !== undefined && isLive(invitation, this.#deps.clock.now()) };
  }

  /**
   * Asks the sponsor, by mail, for a fresh invitation: once a day for each.
   * @returns "too-often" if the sponsor or the application has had too many mails to send this one now: nothing is recorded
   */
  async askForFresh(invitation: Invitation): Promise<"asked" | "nobody-to-ask" | "too-often"> {
    if (invitation.sponsorEmail === null) return "nobody-to-ask";
    const at = this.#deps.clock.now();
    const asked = transaction(this.#deps.db, async (trx) => {
      if (!(await store.askFresh(trx, invitation.id, at, at - day))) return undefined;
      await this.#record(trx, "invitation.fresh-asked", invitation, system);
      const mail = await this.#deps.enqueue(trx, { kind: "sponsor-request", invitation, link: this.link(invitation.id) });
      if (!mail) throw new TooOften();
      return mail;
    });
    try {
      (await asked)?.send();
      return "asked";
    } catch (error) {
      if (error instanceof TooOften) return "too-often";
      throw error;
    }
  }

  /** The guest gives up what opens the application: every invitation to it, and the sessions there. */
  async leave(sub: string, clientId: string, by: Actor): Promise<void> {
    await transaction(this.#deps.db, async (trx) => {
      await this.#deps.announce(trx, "guest.left", { sub, clientId });
      for (const invitation of await store.heldBy(trx, [sub], clientId))
        if (await store.revoke(trx, invitation.id, this.#deps.clock.now())) await this.#record(trx, "invitation.revoked", invitation, by);
      await this.#deps.audit.record(trx, { action: "guest.left", by, clientId, guestSub: sub });
    });
  }

  /** An erased person is removed as a sponsor too. */
  async forget(trx: Db, addresses: string[]): Promise<void> {
    for (const address of addresses) await store.forgetSponsor(trx, keyOf(address), this.#deps.clock.now());
  }

  /** A merged guest's invitations go to the survivor. */
  async move(trx: Db, lostSub: string, sub: string): Promise<void> {
    await store.move(trx, lostSub, sub, this.#deps.clock.now());
  }

  /** Enqueues the invitation's mail, and records it as the last one. */
  async #mail(trx: Db, invitation: Invitation) {
    const mail = await this.#deps.enqueue(trx, { kind: "invitation", invitation, link: this.link(invitation.id) });
    if (mail) await store.mailed(trx, invitation.id, mail.id);
    return mail;
  }

  #record(trx: Db, action: AuditAction, invitation: Invitation, by: Actor, change: object = {}): Promise<void> {
    const { id, clientId, guestSub, redeemBy, accessEndsAt } = invitation;
    return this.#deps.audit.record(trx, { action, by, clientId, guestSub, details: { invitation: id, redeemBy, accessEndsAt, ...change } });
  }
}

function datesOf({ redeemBy, accessEndsAt }: Invitation): object {
  return { redeemBy, accessEndsAt };
}

/** Undoes the transaction in which a request cannot be mailed. */
class TooOften extends Error {}
