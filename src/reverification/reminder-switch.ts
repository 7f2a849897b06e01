// Whether a guest gets reminders. Its link is in the header of each reminder (List-Unsubscribe, RFC 8058): it names the guest by the sub,
// never by an address, and only Guestpass can make one.
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { KeyRing } from "../secrets.ts";
import * as store from "./reminder-store.ts";

export type ReminderState = "on" | "off" | "gone";

export interface ReminderSwitchDeps {
  db: Knex;
  clock: Clock;
  audit: Pick<Audit, "record">;
  key: KeyRing;
  /** The guest's current sub, after any merges; undefined if the guest is gone. */
  presentSub(sub: string): Promise<string | undefined>;
}

/** 128 bits. */
const macBytes = 16;

export class ReminderSwitch {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #audit: Pick<Audit, "record">;
  readonly #key: KeyRing;
  readonly #presentSub: ReminderSwitchDeps["presentSub"];

  constructor({ db, clock, audit, key, presentSub }: ReminderSwitchDeps) {
    this.#db = db;
    this.#clock = clock;
    this.#audit = audit;
    this.#key = key;
    this.#presentSub = presentSub;
  }

  /** @returns the token of the guest's link: letters, digits, "-", "_" and a dot */
  tokenOf(sub: string): string {
    return `${Buffer.from(sub).toString("base64url")}.${this.#key.mac("reminders", sub).subarray(0, macBytes).toString("base64url")}`;
  }

  /** @returns whose link it is, and whether reminders are on ("gone": the guest was erased); undefined if the link is not ours */
  async open(token: string): Promise<{ sub: string; reminders: ReminderState } | undefined> {
    const [name = "", mac = "", ...more] = token.split(".");
    const sub = Buffer.from(name, "base64url").toString();
    if (more.length > 0 || !this.#key.made(Buffer.from(mac, "base64url"), macBytes, "reminders", sub)) return undefined;
    const present = await this.#presentSub(sub);
    if (present === undefined) return { sub, reminders: "gone" };
    return { sub: present, reminders: (await store.areOff(this.#db, present)) ? "off" : "on" };
  }

  /** The guest was merged into another one, who then wants no reminders either. */
  merge(trx: Db, lost: string, sub: string): Promise<void> {
    return store.copyOff(trx, lost, sub);
  }

  /**
   * Done again, it changes nothing.
   * @param network of the link's user: the guest, or a mail program for the guest
   */
  async set(sub: string, on: boolean, network: string | null): Promise<void> {
    const by: Actor = { who: `guest:${sub}`, channel: "mail", network };
    await transaction(this.#db, async (trx) => {
      const changed = await (on ? store.switchOn(trx, sub) : store.switchOff(trx, sub, this.#clock.now()));
      if (changed) await this.#audit.record(trx, { action: on ? "guest.reminders-on" : "guest.reminders-off", by, guestSub: sub });
    });
  }
}
