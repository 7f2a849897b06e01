// Mailboxes that refuse mail for good: marked with the reason, and, where the operator wants that, the end of a guest's access.
// A code that comes back takes the mark away (alias-store.ts); an accepted mail does not, because it may still come back.
import type { Knex } from "knex";
import { type Actor, type Audit, system } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import type { Db } from "../database.ts";
import type { Address } from "./address.ts";
import type { Guest } from "./guest.ts";
import * as guestStore from "./guest-store.ts";
import * as store from "./mailbox-store.ts";

export interface MailboxesDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  /** After so many refusals of each of the guest's mailboxes the guest is suspended; undefined leaves it to the administrator. */
  suspendAfter: number | undefined;
  /** The guest's sessions end, in the transaction. */
  endSessions(trx: Db, sub: string, by: Actor): Promise<void>;
}

export interface MailboxRefusal {
  /** RFC 3463, or the three digits of the reply where it had none. */
  status: string;
  /** In the server's words, on one line, without addresses. */
  reason: string;
}

export interface MarkedMailbox {
  guest: Guest;
  mailboxId: string;
  /** It was not marked before. */
  first: boolean;
  /** The guest was suspended for it. */
  suspended: boolean;
}

export class Mailboxes {
  readonly #deps: MailboxesDeps;

  constructor(deps: MailboxesDeps) {
    this.#deps = deps;
  }

  /**
   * Call it first in the transaction: of refusals at the same moment the last one then sees all of them.
   * @returns the sub of the guest who has the address
   */
  hold(trx: Db, address: Address): Promise<string | undefined> {
    return store.holdOwner(trx, address.key, this.#deps.clock.now());
  }

  /**
   * Counts one mail that the mailbox behind the address of the guest, which is held, refused for good.
   * @param mail its id, and when it was written (milliseconds since the epoch)
   * @returns undefined where a code came back after the mail was written
   */
  async refuse(
    trx: Db,
    sub: string,
    address: Address,
    refusal: MailboxRefusal,
    mail: { id: string; createdAt: number },
  ): Promise<MarkedMailbox | undefined> {
    const { clock, audit, suspendAfter } = this.#deps;
    const mailbox = await store.refuse(trx, { ...refusal, key: address.key, at: clock.now(), writtenAt: mail.createdAt });
    if (!mailbox) return undefined;
    await audit.record(trx, {
      action: "mailbox.undeliverable",
      by: system,
      guestSub: sub,
      details: { mailbox: mailbox.id, mail: mail.id, status: refusal.status, refusals: mailbox.refusals },
      personal: { address: address.typed, reason: refusal.reason },
    });
    const suspended = suspendAfter !== undefined && (await this.#suspend(trx, sub, refusal, suspendAfter));
    const guest = (await guestStore.findBySub(trx, sub)) as Guest;
    return { guest, mailboxId: mailbox.id, first: mailbox.refusals === 1, suspended };
  }

  /** How many mailboxes are marked. */
  countUndeliverable(): Promise<number> {
    return store.countUndeliverable(this.#deps.db);
  }

  async #suspend(trx: Db, sub: string, { status, reason }: MailboxRefusal, suspendAfter: number): Promise<boolean> {
    const why = `Mail does not arrive (${status}): ${reason}`;
    if (!(await store.suspendUnreachable(trx, sub, why, suspendAfter))) return false;
    await this.#deps.endSessions(trx, sub, system);
    await this.#deps.audit.record(trx, { action: "guest.suspended", by: system, guestSub: sub, personal: { reason: why } });
    return true;
  }
}
