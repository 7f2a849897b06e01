// The guest directory: who is a guest, under which addresses, and which mailboxes they have proven.
// An address belongs to at most one guest; a guest has exactly one primary alias and one `sub` for life.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Announce } from "../changes/changes.ts";
import { type Clock, elapsed } from "../clock.ts";
import { type Db, Overtaken, transaction } from "../database/database.ts";
import type { Address } from "./address.ts";
import * as aliasStore from "./alias-store.ts";
import type { Alias, Guest, GuestChange, GuestState, Owner } from "./guest.ts";
import { type Due, type InvitedProof, invitedProofs } from "./guest-due-store.ts";
import type { GuestFilter } from "./guest-filter-store.ts";
import * as search from "./guest-search-store.ts";
import * as store from "./guest-store.ts";
import * as mailboxStore from "./mailbox-store.ts";

export type { Due } from "./guest-due-store.ts";
export type { GuestFilter } from "./guest-filter-store.ts";
export type { Place } from "./guest-search-store.ts";

export interface GuestsDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  announce: Announce;
}

export interface Proof extends mailboxStore.ProvenGuest {
  /** Milliseconds since the epoch. */
  provenAt: number;
}

/** The known data of a guest to record. */
type Person = GuestChange;

type Recorded = Pick<Owner, "sub" | "state" | "expiresAt" | "aliasId"> & { created: boolean; mailboxId?: string };

/** When a mailbox was proven, and the mark of the network that it was proven from. */
interface MailboxProof {
  at: number;
  from: string | undefined;
}

export class Guests {
  readonly #deps: GuestsDeps;
  #counted: { guests: Record<GuestState, number>; until: number } | undefined;

  constructor(deps: GuestsDeps) {
    this.#deps = deps;
  }

  /** A merged-away sub answers with the survivor. */
  async findBySub(sub: string): Promise<Guest | undefined> {
    return (await store.findBySub(this.#deps.db, sub)) ?? store.findSurvivor(this.#deps.db, sub);
  }

  /** Those of them who still exist under the same sub. */
  findAllBySub(subs: string[]): Promise<Guest[]> {
    return store.findAllBySub(this.#deps.db, subs);
  }

  /** The guest who has the address, as far as signing in and inviting need to know: findBySub reads all of it. */
  findOwner(address: Address): Promise<Owner | undefined> {
    return store.findOwner(this.#deps.db, address.key);
  }

  /** The newest first, before the given place. */
  list(filter: GuestFilter = {}, limit = 100, before?: search.Place): Promise<search.GuestPage> {
    return search.list(this.#deps.db, filter, limit, before);
  }

  /**
   * How many guests there are in each state. Counting a million takes longer than the page that shows it, so the count is repeated once twenty
   * times as long has passed as it took. With few guests, that is at once.
   */
  async countByState(): Promise<Record<GuestState, number>> {
    if (!this.#counted || elapsed() > this.#counted.until) {
      const since = elapsed();
      const guests = await store.countByState(this.#deps.db);
      this.#counted = { guests, until: elapsed() + 20 * (elapsed() - since) };
    }
    return this.#counted.guests;
  }

  /** The proofs that decide these guests' deadlines at applications that need invitations. */
  invitedProofs(subs: string[], due: Due): Promise<InvitedProof[]> {
    return invitedProofs(this.#deps.db, subs, due);
  }

  /** @param addresses 1,000 at most @returns for each canonical address (key) that a guest has, its sub */
  subsOf(addresses: Address[]): Promise<Map<string, string>> {
    const keys = addresses.map((address) => address.key);
    return search.subsOf(this.#deps.db, keys);
  }

  /** Whether searching by part of an address or name has an index; without one it reads every address. */
  hasSearchIndex(): Promise<boolean> {
    return search.hasSearchIndex(this.#deps.db);
  }

  /** The primary first. */
  aliases(sub: string): Promise<Alias[]> {
    return aliasStore.list(this.#deps.db, sub);
  }

  /** Records a guest who has not proven anything yet. For an address that a guest already has, returns that guest. */
  async add(address: Address, person: Person, by: Actor): Promise<{ sub: string; created: boolean }> {
    const existing = await this.findOwner(address);
    if (existing) return { sub: existing.sub, created: false };
    return transaction(this.#deps.db, (trx) => this.#record(trx, address, person, by));
  }

  /**
   * As add, in the transaction of an invitation, which locks the guest. It does not look first: it records, and undoes that if the
   * address has a guest, so that the time taken does not tell an inviting application whether somebody else knows the address.
   */
  async recordInvited(trx: Db, address: Address, person: Person, by: Actor): Promise<Recorded> {
    const guest = await this.#record(trx, address, person, by);
    if (!(await store.hold(trx, guest.sub))) throw new Overtaken("the guest no longer exists");
    return guest;
  }

  /**
   * A code sent to this address came back: the mailbox is proven, and a guest who was invited is active.
   * An address that nobody has becomes a guest now, where `record` allows it.
   * @param proof.from the mark of the network that it was proven from, by which to recognise the network later
   * @returns the guest, or undefined if there is none
   */
  async proveMailbox(
    address: Address,
    { record, locale, by, from }: { record: boolean; locale: string | null; by: Actor; from?: string | undefined },
  ): Promise<Proof | undefined> {
    const proof = { at: this.#deps.clock.now(), from };
    const known = await this.#prove(address, proof);
    if (known || !record) return known;
    const recorded = await transaction(this.#deps.db, (trx) => this.#record(trx, address, { locale }, by, proof));
    const { sub, mailboxId } = recorded;
    if (mailboxId === undefined) return this.#prove(address, proof);
    return { sub, mailboxId, state: "active", expiresAt: null, openInvitations: 0, provenAt: proof.at };
  }

  /** Whether the mailbox behind the address was recently proven from the network with this mark. */
  wasProvenFrom(address: Address, mark: string): Promise<boolean> {
    return mailboxStore.wasProvenFrom(this.#deps.db, address.key, mark);
  }

  /** Locks the guest for the rest of the transaction: nobody can suspend, merge or erase it, or change its addresses. @returns false if it is gone */
  hold(trx: Db, sub: string): Promise<boolean> {
    return store.hold(trx, sub);
  }

  /** @returns false if the guest was changed since it was read */
  update(guest: Guest, change: GuestChange, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, (trx) => this.updateWithin(trx, guest, change, by));
  }

  /** As update, in a transaction. */
  async updateWithin(trx: Db, guest: Guest, change: GuestChange, by: Actor): Promise<boolean> {
    const at = Math.max(this.#deps.clock.now(), guest.updatedAt + 1);
    if (!(await store.update(trx, guest, change, at))) return false;
    if (change.name !== undefined && change.name !== guest.name) await aliasStore.reindex(trx, guest.sub, change.name);
    await this.#deps.announce(trx, "guest.updated", { sub: guest.sub });
    const before = Object.fromEntries(Object.keys(change).map((key) => [key, guest[key as keyof GuestChange]]));
    await this.#deps.audit.record(trx, {
      action: "guest.updated",
      by,
      guestSub: guest.sub,
      details: { changed: Object.keys(change) },
      personal: { before, after: change },
    });
    return true;
  }

  /** Sessions and tokens end: a resumed guest signs in again. @returns false if there is no such guest, or it is already suspended */
  suspend(sub: string, reason: string, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, (trx) => this.suspendWithin(trx, sub, reason, by));
  }

  /** As suspend, in a transaction. */
  async suspendWithin(trx: Db, sub: string, reason: string, by: Actor): Promise<boolean> {
    if (!(await store.suspend(trx, sub, reason, this.#deps.clock.now()))) return false;
    await this.#deps.announce(trx, "guest.suspended", { sub, by });
    await this.#deps.audit.record(trx, { action: "guest.suspended", by, guestSub: sub, personal: { reason } });
    return true;
  }

  /** Also resets the refusals counted against the guest's mailboxes. @returns false if there is no such guest, or it is not suspended */
  resume(sub: string, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, (trx) => this.resumeWithin(trx, sub, by));
  }

  /** As resume, in a transaction. */
  async resumeWithin(trx: Db, sub: string, by: Actor): Promise<boolean> {
    if (!(await store.resume(trx, sub, this.#deps.clock.now()))) return false;
    await mailboxStore.forgetRefusals(trx, sub);
    await this.#deps.audit.record(trx, { action: "guest.resumed", by, guestSub: sub });
    return true;
  }

  async #prove(address: Address, proof: MailboxProof): Promise<Proof | undefined> {
    const guest = await mailboxStore.prove(this.#deps.db, address.key, proof);
    if (!guest) return undefined;
    if (guest.state === "invited") await store.activate(this.#deps.db, guest.sub, proof.at);
    return { ...guest, state: guest.state === "invited" ? "active" : guest.state, provenAt: proof.at };
  }

  /**
   * Two simultaneous first proofs of one address end in one guest: the one whose alias was first.
   * @param proof without one, the guest is invited
   */
  async #record(trx: Db, address: Address, person: Person, by: Actor, proof?: MailboxProof): Promise<Recorded> {
    const [sub, mailboxId] = [randomUUID(), randomUUID()];
    const { name = null, givenName: _given, familyName: _family, locale: _spoken, ...noted } = person;
    const state: GuestState = proof ? "active" : "invited";
    const at = this.#deps.clock.now();
    await store.insert(trx, { ...person, sub, at, state });
    await mailboxStore.insert(trx, { id: mailboxId, sub, verifiedAt: proof?.at ?? null, from: proof?.from });
    const aliasId = await aliasStore.insert(trx, { address, name, sub, mailboxId, primary: true, at });
    if (aliasId !== undefined) {
      const personal = Object.keys(noted).length === 0 ? {} : { personal: { after: noted } };
      await this.#deps.audit.record(trx, { action: "guest.recorded", by, guestSub: sub, details: { state }, ...personal });
      return { sub, state, expiresAt: person.expiresAt ?? null, aliasId, mailboxId, created: true };
    }
    await store.remove(trx, sub);
    const winner = await store.findOwner(trx, address.key);
    if (!winner) throw new Overtaken("the address was taken, but no longer is");
    return { ...winner, created: false };
  }
}
