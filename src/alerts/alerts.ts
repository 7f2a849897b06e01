// Mails to administrators about problems that need attention. Each subject is mailed once a day; after 20 subjects in a day, mailboxes and
// guests are left out, because the directory lists them. Off if no address is configured.
import { createHash } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, day, minute } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { MailboxRefusal, MarkedMailbox } from "../guests/mailboxes.ts";
import type { AdministratorAlert, MailedAlert } from "../mail/administrator-alert.ts";
import type { Observe } from "../observations.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { MailState } from "../outbox/records.ts";
import type { Routes } from "../outbox/routes.ts";
import * as store from "./alert-store.ts";

export interface AlertsDeps {
  db: Knex;
  clock: Clock;
  /** The administrators' addresses. */
  to: readonly string[];
  routes: Pick<Routes, "down">;
  outbox: Pick<Outbox, "parkedSince">;
  observe: Observe;
  /** The highest number that the audit trail has reached. */
  auditRows(trx: Db): Promise<number>;
  /** Enqueues the mail in the transaction. @returns what to do once it is committed: send it */
  enqueue(trx: Db, alert: MailedAlert, recipient: string): Promise<() => void>;
}

const mostInADay = 20;
/** There are few routes, and a day's parked mails are one subject: many dead mailboxes do not hide an outage. */
const always = Number.MAX_SAFE_INTEGER;
/** A route that is back sooner than that needs nobody's attention. */
const downFor = 5 * minute;

export class Alerts {
  readonly #deps: AlertsDeps;

  constructor(deps: AlertsDeps) {
    this.#deps = deps;
  }

  /** A mailbox that was not marked before, or a guest who was suspended, in the transaction. @returns what to do once it is committed */
  async mailboxMarked(trx: Db, marked: MarkedMailbox, { status, reason }: MailboxRefusal): Promise<() => void> {
    const { guest, mailboxId, first, suspended } = marked;
    if (!first && !suspended) return () => undefined;
    const told = {
      since: this.#deps.clock.now(),
      reply: `${status} ${reason}`,
      guest: guest.name ?? guest.email,
      mailbox: marked.address,
      command: `guestpass guest show ${guest.sub}`,
    };
    if (suspended) return this.#raise(trx, `suspended ${guest.sub}`, { ...told, alert: "guest-suspended" });
    return this.#raise(trx, `mailbox ${mailboxId}`, { ...told, alert: "mailbox-dead" });
  }

  /**
   * One server refuses many mailboxes in the same words, in the transaction.
   * @param wave stands for the server and its words
   * @returns what to do once it is committed
   */
  waveBegan(trx: Db, wave: string, told: { server: string; mailboxes: number; since: number; reply: string }): Promise<() => void> {
    const { server, mailboxes: mails, since, reply } = told;
    const alert = { alert: "mails-refused" as const, server, mails, since, reply, command: "guestpass mail list" };
    return this.#raise(trx, `wave ${wave}`, alert, always);
  }

  /** The server refuses mail again and again, and no mailbox is to blame. @param state which mails to look at; undefined for all */
  mailsRefused(server: string, reply: string, state?: MailState): Promise<void> {
    const command = `guestpass mail list${state ? ` --state ${state}` : ""}`;
    const alert = { alert: "mails-refused" as const, server, since: this.#deps.clock.now(), reply, command };
    return this.#tell(`refused ${server}`, alert);
  }

  /** The owner of the mailbox complained, or a provider no longer sends there. */
  complaint(mailbox: string, reply: string): Promise<void> {
    const alert = { alert: "mail-complaint" as const, mailbox, since: this.#deps.clock.now(), reply };
    return this.#tell(`complaint ${hashOf(mailbox)}`, { ...alert, command: "guestpass mail list --to ADDRESS" }, mostInADay);
  }

  /** Somebody wrote to the postmaster of the bounce domain. */
  postmasterMail(beginning: string): Promise<void> {
    const since = this.#deps.clock.now();
    const alert = { alert: "postmaster-mail" as const, since, reply: beginning, command: "guestpass doctor" };
    return this.#tell(`postmaster ${hashOf(`${since} ${beginning}`)}`, alert, mostInADay);
  }

  /**
   * Tells the administrators, in the transaction of what happened.
   * @param subject what it is about: the same subject is not mailed again for a day
   * @param most it is not mailed after this many others either
   * @returns what to do once the transaction is committed
   */
  async #raise(trx: Db, subject: string, alert: AdministratorAlert, most = mostInADay): Promise<() => void> {
    const { clock, to, enqueue, observe, auditRows } = this.#deps;
    const at = clock.now();
    const sends: (() => void)[] = [];
    if (to.length > 0 && (await store.claim(trx, subject, at, at - day, most))) {
      const told = { ...alert, auditRows: await auditRows(trx) };
      for (const recipient of to) sends.push(await enqueue(trx, told, recipient));
    }
    return () => {
      if (sends.length > 0) observe({ of: "alert", alert: alert.alert });
      for (const send of sends) send();
    };
  }

  /** Reports what nothing else does: routes that stay down, mails that were given up. */
  async sweep(): Promise<void> {
    if (this.#deps.to.length === 0) return;
    const { db, clock, routes, outbox } = this.#deps;
    for (const { name, ...route } of routes.down())
      if (route.since <= clock.now() - downFor)
        await this.#tell(`route ${name}`, { alert: "route-down", ...route, command: "guestpass mail routes" });
    const parked = await outbox.parkedSince(Math.min((await store.lastClaimed(db, "parked")) ?? 0, clock.now()));
    if (parked) await this.#tell("parked", { alert: "mails-parked", ...parked, command: "guestpass mail list --state parked" });
    await store.removeOld(db, clock.now() - 30 * day);
  }

  async #tell(subject: string, alert: AdministratorAlert, most = always): Promise<void> {
    const send = await transaction(this.#deps.db, (trx) => this.#raise(trx, subject, alert, most));
    send();
  }
}

/** Subjects are kept for a month, addresses are not. */
function hashOf(text: string): string {
  return createHash("sha256").update(text.toLowerCase()).digest("base64url");
}
