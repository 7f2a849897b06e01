// The end of a guest record: erased, or merged into another one that turned out to be the same person.
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import { parseAddress, spellingsOf } from "./address.ts";
import * as aliasStore from "./alias-store.ts";
import type { Guest } from "./guest.ts";
import * as store from "./guest-store.ts";

export interface GuestLifeCycleDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  /** Removes what other parts keep about the guest, under one of its subs (those lost to it included) or addresses, in the transaction. */
  forget(trx: Db, subs: string[], addresses: string[]): Promise<void>;
  /** What other parts keep for the lost guest goes to the survivor, in the transaction. */
  move(trx: Db, lostSub: string, sub: string): Promise<void>;
}

export type MergeOutcome =
  | "merged"
  /** One of the two is not there any more. */
  | "gone"
  /** And the survivor is not: who was shut out would be let in with the survivor's rights. */
  | "lost-is-suspended";

export class GuestLifeCycle {
  readonly #deps: GuestLifeCycleDeps;

  constructor(deps: GuestLifeCycleDeps) {
    this.#deps = deps;
  }

  /**
   * Removes the personal data everywhere; the audit trail keeps the fact, not the person.
   * @returns false where the guest is gone, or was changed since `version`
   */
  async erase(guest: Guest, by: Actor, version?: number): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.touch(trx, guest.sub, this.#deps.clock.now(), version))) return false;
      const addresses = await this.#addresses(trx, guest.sub);
      const subs = [guest.sub, ...(await store.lostTo(trx, guest.sub))];
      await aliasStore.unindex(trx, guest.sub);
      await this.#deps.forget(trx, subs, addresses);
      await this.#deps.audit.erase(trx, guest.sub);
      await store.remove(trx, guest.sub);
      await this.#deps.audit.record(trx, { action: "guest.erased", by, guestSub: guest.sub });
      return true;
    });
  }

  /** The survivor's sub stays; aliases, invitations and history of the other move, and its sub answers with the survivor. */
  async merge(lost: Guest, survivor: Guest, by: Actor): Promise<MergeOutcome> {
    const at = this.#deps.clock.now();
    return transaction(this.#deps.db, async (trx) => {
      // In one order, so that a merge and its opposite at the same moment wait for each other instead of both waiting.
      for (const sub of [lost.sub, survivor.sub].sort()) if (!(await store.touch(trx, sub, at))) return "gone";
      const isSuspended = async (sub: string) => (await store.findBySub(trx, sub))?.state === "suspended";
      if ((await isSuspended(lost.sub)) && !(await isSuspended(survivor.sub))) return "lost-is-suspended";
      await this.#deps.move(trx, lost.sub, survivor.sub);
      await aliasStore.move(trx, lost.sub, survivor.sub);
      await aliasStore.reindex(trx, survivor.sub, survivor.name);
      await store.takeStricter(trx, survivor.sub, lost.sub);
      await store.rememberMerged(trx, lost.sub, survivor.sub, at);
      await store.remove(trx, lost.sub);
      await this.#deps.audit.merge(trx, lost.sub, survivor.sub);
      await this.#deps.audit.record(trx, { action: "guest.merged", by, guestSub: survivor.sub, details: { lost: lost.sub } });
      return "merged";
    });
  }

  /** Those that the guest has, and those that it had, in every way of writing them: mail was sent to them, and nobody else has them now. */
  async #addresses(trx: Db, sub: string): Promise<string[]> {
    const present = (await aliasStore.list(trx, sub)).map((alias) => alias.address);
    const told = (await this.#deps.audit.personalOf(trx, sub, "alias.")).flatMap((personal) => Object.values(personal) as unknown[]);
    const former = new Map(
      told.flatMap((text) => (typeof text === "string" ? (parseAddress(text) ?? []) : [])).map((each) => [each.key, each]),
    );
    for (const key of former.keys()) {
      const owner = await store.findOwner(trx, key);
      if (owner) former.delete(key);
    }
    return [...present.flatMap((text) => parseAddress(text) ?? []), ...former.values()].flatMap(spellingsOf);
  }
}
