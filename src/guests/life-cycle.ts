// The end of a guest record: erased, or merged into another one that turned out to be the same person.
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import * as aliasStore from "./alias-store.ts";
import type { Guest } from "./guest.ts";
import * as store from "./guest-store.ts";

export interface GuestLifeCycleDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  /** Removes what other parts keep about the guest or under one of the addresses, in the transaction. */
  forget(trx: Db, sub: string, addresses: string[]): Promise<void>;
  /** What other parts keep for the lost guest goes to the survivor, in the transaction. */
  move(trx: Db, lostSub: string, sub: string): Promise<void>;
}

export class GuestLifeCycle {
  readonly #deps: GuestLifeCycleDeps;

  constructor(deps: GuestLifeCycleDeps) {
    this.#deps = deps;
  }

  /** Removes the personal data everywhere; the audit trail keeps the fact, not the person. */
  async erase(guest: Guest, by: Actor): Promise<void> {
    const addresses = (await aliasStore.list(this.#deps.db, guest.sub)).map((alias) => alias.address);
    await transaction(this.#deps.db, async (trx) => {
      await aliasStore.unindex(trx, guest.sub);
      await this.#deps.forget(trx, guest.sub, addresses);
      await this.#deps.audit.erase(trx, guest.sub);
      await store.remove(trx, guest.sub);
      await this.#deps.audit.record(trx, { action: "guest.erased", by, guestSub: guest.sub });
    });
  }

  /** The survivor's sub stays; aliases, invitations and history of the other move, and its sub answers with the survivor. */
  async merge(lost: Guest, survivor: Guest, by: Actor): Promise<void> {
    const at = this.#deps.clock.now();
    await transaction(this.#deps.db, async (trx) => {
      await store.touch(trx, survivor.sub, Math.max(at, survivor.updatedAt + 1));
      await aliasStore.unindex(trx, lost.sub);
      await this.#deps.move(trx, lost.sub, survivor.sub);
      await aliasStore.move(trx, lost.sub, survivor.sub);
      await aliasStore.reindex(trx, survivor.sub, survivor.name);
      await store.rememberMerged(trx, lost.sub, survivor.sub, at);
      await store.remove(trx, lost.sub);
      await this.#deps.audit.merge(trx, lost.sub, survivor.sub);
      await this.#deps.audit.record(trx, { action: "guest.merged", by, guestSub: survivor.sub, details: { lost: lost.sub } });
    });
  }
}
