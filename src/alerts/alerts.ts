// Mails to the administrators about what they have to look at. Each subject once a day, and mailboxes and guests no more once 20
// subjects were told in a day: what is left out stands in the directory. Off where nobody is named to get them.
import type { Knex } from "knex";
import { type Clock, day, minute } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import type { MailboxRefusal, MarkedMailbox } from "../guests/mailboxes.ts";
import type { AdministratorAlert } from "../mail/administrator-alert.ts";
import type { Observe } from "../observations.ts";
import type { Outbox } from "../outbox/outbox.ts";
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
  /** Enqueues the mail in the transaction. @returns what to do once it is committed: send it */
  enqueue(trx: Db, alert: AdministratorAlert, recipient: string): Promise<() => void>;
}

const mostInADay = 20;
/** There are few routes, and a day's parked mails are one subject: many dead mailboxes do not keep an outage from being told. */
const always = Number.MAX_SAFE_INTEGER;
/** A route that is back sooner than that is nothing to get up for. */
const downFor = 5 * minute;

export class Alerts {
  readonly #deps: AlertsDeps;

  constructor(deps: AlertsDeps) {
    this.#deps = deps;
  }

  /** A mailbox that was not marked before, or a guest who was suspended, in the transaction. @returns what to do once it is committed */
  async mailboxMarked(trx: Db, marked: MarkedMailbox, mailbox: string, { status, reason }: MailboxRefusal): Promise<() => void> {
    const { guest, mailboxId, first, suspended } = marked;
    if (!first && !suspended) return () => undefined;
    const told = {
      since: this.#deps.clock.now(),
      reply: `${status} ${reason}`,
      guest: guest.name ?? guest.email,
      mailbox,
      command: `guestpass guest show ${guest.sub}`,
    };
    if (suspended) return this.#raise(trx, `suspended ${guest.sub}`, { ...told, alert: "guest-suspended" });
    return this.#raise(trx, `mailbox ${mailboxId}`, { ...told, alert: "mailbox-dead" });
  }

  /**
   * Tells the administrators, in the transaction of what is told.
   * @param subject what it is about: the same one is not told again for a day
   * @param most nor is it where so many others were
   * @returns what to do once the transaction is committed
   */
  async #raise(trx: Db, subject: string, alert: AdministratorAlert, most = mostInADay): Promise<() => void> {
    const { clock, to, enqueue, observe } = this.#deps;
    const at = clock.now();
    const sends: (() => void)[] = [];
    if (to.length > 0 && (await store.claim(trx, subject, at, at - day, most)))
      for (const recipient of to) sends.push(await enqueue(trx, alert, recipient));
    return () => {
      if (sends.length > 0) observe({ of: "alert", alert: alert.alert });
      for (const send of sends) send();
    };
  }

  /** Tells of what nobody else would: routes that stay down, mails that were given up. */
  async sweep(): Promise<void> {
    if (this.#deps.to.length === 0) return;
    const { db, clock, routes, outbox } = this.#deps;
    for (const { name, ...route } of routes.down())
      if (route.since <= clock.now() - downFor)
        await this.#tell(`route ${name}`, { alert: "route-down", ...route, command: "guestpass mail routes" });
    const parked = await outbox.parkedSince((await store.lastClaimed(db, "parked")) ?? 0);
    if (parked) await this.#tell("parked", { alert: "mails-parked", ...parked, command: "guestpass mail list --state parked" });
    await store.removeOld(db, clock.now() - 30 * day);
  }

  async #tell(subject: string, alert: AdministratorAlert): Promise<void> {
    const send = await transaction(this.#deps.db, (trx) => this.#raise(trx, subject, alert, always));
    send();
  }
}
