// The end of a guest record: erased, or merged into another record of the same person.
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Announce } from "../changes/changes.ts";
import { type Clock, day } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import { parseAddress, spellingsOf } from "./address.ts";
import * as aliasStore from "./alias-store.ts";
import type { Guest } from "./guest.ts";
import * as store from "./guest-store.ts";
import * as mailboxStore from "./mailbox-store.ts";

export interface GuestLifeCycleDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  announce: Announce;
  /** Tells the administrators that a guest asks to be erased. @returns what to do once it is committed: send the mails */
  tellAdministrators(trx: Db, guest: Guest): Promise<(() => void)[]>;
}

export type MergeOutcome =
  | "merged"
  /** One of the two no longer exists. */
  | "gone"
  /** And the survivor is not: a guest who was shut out would get in with the survivor's rights. */
  | "lost-is-suspended";

export class GuestLifeCycle {
  readonly #deps: GuestLifeCycleDeps;

  constructor(deps: GuestLifeCycleDeps) {
    this.#deps = deps;
  }

  /**
   * Removes the personal data everywhere; the audit trail keeps the fact, not the person.
   * @returns false if the guest is gone, or was changed since `version`
   */
  async erase(guest: Guest, by: Actor, version?: number): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.touch(trx, guest.sub, this.#deps.clock.now(), version))) return false;
      const addresses = await this.#addresses(trx, guest.sub);
      const subs = [guest.sub, ...(await store.lostTo(trx, guest.sub))];
      await aliasStore.unindex(trx, guest.sub);
      await this.#deps.announce(trx, "guest.erased", { subs, addresses });
      await this.#deps.audit.erase(trx, guest.sub);
      await store.remove(trx, guest.sub);
      await this.#deps.audit.record(trx, { action: "guest.erased", by, guestSub: guest.sub });
      return true;
    });
  }

  /** The guest asks for it; an administrator decides. @returns false if the guest already asked, or is gone */
  async askForErasure(guest: Guest, by: Actor): Promise<boolean> {
    const { db, clock, audit, tellAdministrators } = this.#deps;
    const { sub } = guest;
    // Administrators get at most one mail a day about a guest, however often the guest asks and changes their mind.
    const last = (await audit.list({ guestSub: sub, action: "guest.erasure-asked" }, 1)).entries[0];
    const isNews = last === undefined || last.at <= clock.now() - day;
    const sends: (() => void)[] = [];
    const asked = await transaction(db, async (trx) => {
      sends.length = 0;
      if (!(await store.askForErasure(trx, sub, clock.now()))) return false;
      await audit.record(trx, { action: "guest.erasure-asked", by, guestSub: sub });
      if (isNews) sends.push(...(await tellAdministrators(trx, guest)));
      return true;
    });
    for (const send of sends) send();
    return asked;
  }

  /** An administrator declines, with a reason that the guest can read. @returns false if it was not asked for */
  declineErasure(sub: string, reason: string, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.declineErasure(trx, sub, reason, this.#deps.clock.now()))) return false;
      await this.#deps.audit.record(trx, { action: "guest.erasure-declined", by, guestSub: sub, personal: { reason } });
      return true;
    });
  }

  /** @returns false if it was not asked for */
  takeErasureBack(sub: string, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.takeErasureBack(trx, sub, this.#deps.clock.now()))) return false;
      await this.#deps.audit.record(trx, { action: "guest.erasure-taken-back", by, guestSub: sub });
      return true;
    });
  }

  /** The survivor's sub stays; aliases, invitations and history of the other move, and its sub answers with the survivor. */
  async merge(lost: Guest, survivor: Guest, by: Actor): Promise<MergeOutcome> {
    const at = this.#deps.clock.now();
    return transaction(this.#deps.db, async (trx) => {
      // In a fixed order, so that two opposite merges at the same moment cannot deadlock.
      for (const sub of [lost.sub, survivor.sub].sort()) if (!(await store.touch(trx, sub, at))) return "gone";
      const isSuspended = async (sub: string) => (await store.findBySub(trx, sub))?.state === "suspended";
      if ((await isSuspended(lost.sub)) && !(await isSuspended(survivor.sub))) return "lost-is-suspended";
      await this.#deps.announce(trx, "guest.merged", { lost: lost.sub, sub: survivor.sub });
      await mailboxStore.move(trx, lost.sub, survivor.sub);
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

  /** The guest's present and former addresses in every spelling: mail was sent to them, and nobody else has them now. */
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
