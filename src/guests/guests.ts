// The guest directory: who is a guest, under which addresses, and which mailboxes they have proven.
// An address belongs to at most one guest; a guest has exactly one primary alias and one `sub` for life.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import { InputError } from "../errors.ts";
import type { Address } from "./address.ts";
import type { Alias, Guest, GuestState } from "./guest.ts";
import * as store from "./guest-store.ts";

export type AddAliasOutcome = { outcome: "added" } | { outcome: "taken"; sub: string } | { outcome: "no-such-guest" };

export class Guests {
  readonly #db: Knex;
  readonly #clock: Clock;

  constructor(deps: { db: Knex; clock: Clock }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
  }

  findBySub(sub: string): Promise<Guest | undefined> {
    return store.findBySub(this.#db, sub);
  }

  /** @returns the guest and the address as recorded: mail goes there, never to a look-alike that was typed */
  findByAddress(address: Address): Promise<{ guest: Guest; recorded: string } | undefined> {
    return store.findByAddress(this.#db, address.key);
  }

  /** Guests in the order of their `sub`, after the given one. */
  list(after = "", limit = 100): Promise<Guest[]> {
    return store.listGuests(this.#db, after, limit);
  }

  aliases(sub: string): Promise<Alias[]> {
    return store.listAliases(this.#db, sub);
  }

  /** Records a guest who has not proven anything yet. Adding an address that a guest has answers that guest. */
  async add(address: Address, person: { name?: string; locale?: string } = {}): Promise<{ sub: string; created: boolean }> {
    const existing = await store.findByAddress(this.#db, address.key);
    if (existing) return { sub: existing.guest.sub, created: false };
    return transaction(this.#db, (trx) =>
      this.#record(trx, address, { state: "invited", verifiedAt: null, name: person.name ?? null, locale: person.locale ?? null }),
    );
  }

  /** Gives a guest another address, in the primary's mailbox unless it is said to be another one. */
  async addAlias(sub: string, address: Address, { otherMailbox = false } = {}): Promise<AddAliasOutcome> {
    const [primary] = await store.listAliases(this.#db, sub);
    if (!primary) return { outcome: "no-such-guest" };
    const mailboxId = otherMailbox ? randomUUID() : primary.mailboxId;
    const added = await transaction(this.#db, async (trx) => {
      if (otherMailbox) await store.insertMailbox(trx, { id: mailboxId, sub, verifiedAt: null });
      const first = await store.insertAlias(trx, {
        key: address.key,
        address: address.typed,
        sub,
        mailboxId,
        primary: false,
        at: this.#clock.now(),
      });
      if (!first && otherMailbox) await store.removeMailbox(trx, mailboxId);
      return first;
    });
    if (added) return { outcome: "added" };
    const owner = await store.findByAddress(this.#db, address.key);
    return { outcome: "taken", sub: owner?.guest.sub ?? "" };
  }

  /**
   * A code sent to this address came back: the mailbox is proven, and a guest who was invited is active.
   * An address that nobody has becomes a guest now, where `record` allows it.
   * @returns the guest, or undefined where there is none
   */
  async proveMailbox(
    address: Address,
    { record, locale }: { record: boolean; locale: string | null },
  ): Promise<{ sub: string; state: GuestState } | undefined> {
    const known = await this.#prove(address);
    if (known || !record) return known;
    const recorded = await transaction(this.#db, (trx) =>
      this.#record(trx, address, { state: "active", verifiedAt: this.#clock.now(), name: null, locale }),
    );
    return recorded.created ? { sub: recorded.sub, state: "active" } : this.#prove(address);
  }

  /** @throws InputError where the guest is not there or is suspended already */
  async suspend(sub: string, reason: string): Promise<void> {
    if (!(await store.suspend(this.#db, sub, reason, this.#clock.now()))) {
      throw new InputError("There is no such guest, or the guest is suspended already.");
    }
  }

  /** @throws InputError where the guest is not there or is not suspended */
  async resume(sub: string): Promise<void> {
    if (!(await store.resume(this.#db, sub, this.#clock.now())))
      throw new InputError("There is no such guest, or the guest is not suspended.");
  }

  async #prove(address: Address): Promise<{ sub: string; state: GuestState } | undefined> {
    const at = this.#clock.now();
    const guest = await store.proveMailbox(this.#db, address.key, at);
    if (guest?.state !== "invited") return guest;
    await store.activate(this.#db, guest.sub, at);
    return { sub: guest.sub, state: "active" };
  }

  /** Two first proofs of one address at the same moment end in one guest: the one whose alias was first. */
  async #record(
    trx: Db,
    address: Address,
    person: { state: "invited" | "active"; verifiedAt: number | null; name: string | null; locale: string | null },
  ) {
    const sub = randomUUID();
    const mailboxId = randomUUID();
    const at = this.#clock.now();
    await store.insert(trx, { sub, at, ...person });
    await store.insertMailbox(trx, { id: mailboxId, sub, verifiedAt: person.verifiedAt });
    const first = await store.insertAlias(trx, { key: address.key, address: address.typed, sub, mailboxId, primary: true, at });
    if (first) return { sub, created: true };
    await store.remove(trx, sub);
    const winner = await store.findByAddress(trx, address.key);
    if (!winner) throw new Error("the address was taken and is gone again");
    return { sub: winner.guest.sub, created: false };
  }
}
