// Mailboxes that permanently refuse mail: marks them with the reason and, if the operator wants that, suspends the guest.
// A correct code clears the mark (mailbox-store.ts); an accepted mail does not, because it may still bounce.
// If one server refuses many mailboxes in the same words within minutes, the mailboxes are not to blame: such a wave marks none,
// and marks from its beginning are taken back.
import type { Knex } from "knex";
import { type Audit, system } from "../audit/audit.ts";
import type { Announce } from "../changes/changes.ts";
import { type Clock, day, minute } from "../clock.ts";
import type { Db } from "../database/database.ts";
import type { Address } from "./address.ts";
import type { Guest } from "./guest.ts";
import * as guestStore from "./guest-store.ts";
import * as store from "./mailbox-store.ts";

export interface MailboxesDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  /** After this many refusals by each of the guest's mailboxes the guest is suspended; undefined leaves it to the administrator. */
  suspendAfter: number | undefined;
  announce: Announce;
}

export interface MailboxRefusal {
  /** RFC 3463, or the three digits of the reply if it had none. */
  status: string;
  /** In the server's words, on one line, without addresses. */
  reason: string;
}

export interface MarkedMailbox {
  guest: Guest;
  mailboxId: string;
  /** The address, as typed. */
  address: string;
  /** It was not marked before. */
  first: boolean;
  /** The guest was suspended for it. */
  suspended: boolean;
}

export type RefusalOutcome =
  | { outcome: "marked"; marked: MarkedMailbox; tell: "now" | "later" }
  /** How many mailboxes were refused since then (milliseconds since the epoch): it is a wave, and their marks are taken back. */
  | { outcome: "wave-began"; mailboxes: number; since: number }
  | { outcome: "in-wave" }
  /** A code came back after the mail was written. */
  | { outcome: "proven-since" };

/** This many mailboxes, refused by one server in the same words within this time, are a wave. It ends when none came for as long. */
const mailboxesInWave = 10;
const waveWithin = 15 * minute;
const keptFor = 2 * day;

export class Mailboxes {
  readonly #deps: MailboxesDeps;

  constructor(deps: MailboxesDeps) {
    this.#deps = deps;
  }

  /** Whether a refusal in those words means nothing at present, because a great many of them arrive. */
  async isInWave(wave: string): Promise<boolean> {
    return (await store.waveEnd(this.#deps.db, wave)) > this.#deps.clock.now();
  }

  /**
   * Call this first in the transaction: the last of several simultaneous refusals then sees all of them.
   * @param wave stands for the server and its words
   * @returns the sub of the guest who has the address
   */
  async hold(trx: Db, address: Address, wave: string): Promise<{ sub: string | undefined; inWave: boolean }> {
    const now = this.#deps.clock.now();
    const inWave = (await store.holdWave(trx, wave, now, now + waveWithin)) > now;
    return { inWave, sub: await store.holdOwner(trx, address.key, now) };
  }

  /**
   * Counts one mail that the guest's mailbox refused permanently. The guest is locked.
   * @param mail its id, when it was written (milliseconds since the epoch), and whether anybody may have caused it, which suspends nobody
   */
  async refuse(
    trx: Db,
    sub: string,
    address: Address,
    refusal: MailboxRefusal & { wave: string },
    mail: { id: string; createdAt: number; byVisitor: boolean },
  ): Promise<RefusalOutcome> {
    const { clock, audit, suspendAfter } = this.#deps;
    const at = clock.now();
    const counting = { key: address.key, counts: !mail.byVisitor, countedAfter: at - day, at, writtenAt: mail.createdAt };
    const mailbox = await store.refuse(trx, { ...refusal, ...counting });
    if (!mailbox) return { outcome: "proven-since" };
    const { mailboxes, since } = await store.sizeOf(trx, refusal.wave, at - waveWithin);
    if (mailboxes >= mailboxesInWave) {
      await store.beginWave(trx, refusal.wave, at + waveWithin);
      await this.#takeBack(trx, refusal.wave, at - waveWithin);
      return { outcome: "wave-began", mailboxes, since };
    }
    await this.#deps.announce(trx, "mailbox.undeliverable", { sub, mailboxId: mailbox.mailboxId });
    await audit.record(trx, {
      action: "mailbox.undeliverable",
      by: system,
      guestSub: sub,
      details: { mailbox: mailbox.mailboxId, mail: mail.id, status: refusal.status, refusals: mailbox.refusals },
      personal: { address: address.typed, reason: refusal.reason },
    });
    const suspended = suspendAfter !== undefined && (await this.#suspend(trx, sub, refusal, suspendAfter, mailbox.id));
    const guest = (await guestStore.findBySub(trx, sub)) as Guest;
    const marked = { guest, mailboxId: mailbox.mailboxId, address: address.typed, first: mailbox.refusals === 1, suspended };
    if (mailboxes === 1) return { outcome: "marked", marked, tell: "now" };
    // It may be the beginning of a wave, which is reported to administrators once.
    if (marked.first || suspended) await store.tellLater(trx, mailbox.id, at + waveWithin);
    return { outcome: "marked", marked, tell: "later" };
  }

  /** Marks still to be reported to administrators, because they did not become a wave; each to one caller. */
  async untold(trx: Db): Promise<{ marked: MarkedMailbox; refusal: MailboxRefusal }[]> {
    const found: { marked: MarkedMailbox; refusal: MailboxRefusal }[] = [];
    for (const { mailboxId, suspended } of await store.takeUntold(trx, this.#deps.clock.now())) {
      const mark = await store.findMark(trx, mailboxId);
      const guest = mark && (await guestStore.findBySub(trx, mark.sub));
      if (!mark || !guest) continue;
      found.push({ marked: { guest, mailboxId, address: mark.address, first: true, suspended }, refusal: mark });
    }
    return found;
  }

  /** How many mailboxes are marked. */
  countUndeliverable(): Promise<number> {
    return store.countUndeliverable(this.#deps.db);
  }

  async sweep(): Promise<void> {
    await store.removeOldRefusals(this.#deps.db, this.#deps.clock.now() - keptFor);
  }

  async #suspend(trx: Db, sub: string, { status, reason }: MailboxRefusal, suspendAfter: number, refusalId: number): Promise<boolean> {
    const why = `Mail does not arrive (${status}): ${reason}`;
    if (!(await store.suspendUnreachable(trx, sub, why, suspendAfter))) return false;
    await store.noteSuspended(trx, refusalId, why);
    await this.#deps.announce(trx, "guest.suspended", { sub, by: system });
    await this.#deps.audit.record(trx, { action: "guest.suspended", by: system, guestSub: sub, personal: { reason: why } });
    return true;
  }

  async #takeBack(trx: Db, wave: string, after: number): Promise<void> {
    const { audit, clock } = this.#deps;
    const taken = Map.groupBy(await store.takeRefusals(trx, wave, after), ({ mailboxId }) => mailboxId);
    for (const [mailboxId, refusals] of taken) {
      const counted = refusals.reduce((sum, each) => sum + each.counted, 0);
      const cleared = await store.takeBack(trx, mailboxId, refusals.length, counted);
      if (cleared)
        await audit.record(trx, { action: "mailbox.cleared", by: system, guestSub: cleared.sub, details: { mailbox: mailboxId } });
      for (const { suspendedAs } of refusals) {
        const sub = suspendedAs === null ? undefined : await store.undoSuspensionOf(trx, mailboxId, suspendedAs, clock.now());
        if (sub !== undefined) await audit.record(trx, { action: "guest.resumed", by: system, guestSub: sub });
      }
    }
  }
}
