// Whether a guest gets reminders. Its link is in the header of each reminder (List-Unsubscribe, RFC 8058): it names the guest by the sub,
// never by an address, and only Guestpass can make one.
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { transaction } from "../database/database.ts";
import type { KeyRing } from "../secrets.ts";
import * as store from "./reminder-store.ts";

/** 128 bits. */
const macBytes = 16;

export class ReminderSwitch {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #audit: Pick<Audit, "record">;
  readonly #key: KeyRing;

  constructor({ db, clock, audit, key }: { db: Knex; clock: Clock; audit: Pick<Audit, "record">; key: KeyRing }) {
    this.#db = db;
    this.#clock = clock;
    this.#audit = audit;
    this.#key = key;
  }

  /** @returns the token of the guest's link: letters, digits, "-", "_" and a dot */
  tokenOf(sub: string): string {
    return `${Buffer.from(sub).toString("base64url")}.${this.#key.mac("reminders", sub).subarray(0, macBytes).toString("base64url")}`;
  }

  /** @returns whose link it is, and whether reminders are on; undefined if it was not made here, or the guest is gone */
  async open(token: string): Promise<{ sub: string; on: boolean } | undefined> {
    const [name = "", mac = "", ...more] = token.split(".");
    const sub = Buffer.from(name, "base64url").toString();
    if (more.length > 0 || !this.#key.made(Buffer.from(mac, "base64url"), macBytes, "reminders", sub)) return undefined;
    const on = await store.areOn(this.#db, sub);
    return on === undefined ? undefined : { sub, on };
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
