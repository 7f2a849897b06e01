// Mails that come back: refused by the recipient's server in the conversation, or told by a notification later. Each mail counts once
// against the mailbox that it was for, however often and in whatever way it is told.
import type { Knex } from "knex";
import type { Alerts } from "../alerts/alerts.ts";
import { minute } from "../clock.ts";
import { transaction } from "../database.ts";
import { parseAddress } from "../guests/address.ts";
import type { Mailboxes, MailboxRefusal } from "../guests/mailboxes.ts";
import type { Limits } from "../limits/limits.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { type DeliveryStatus, isFailure, refusalInStatus } from "./refusal.ts";

export interface BouncesDeps {
  db: Knex;
  log: Logger;
  outbox: Pick<Outbox, "returnable" | "cameBack">;
  mailboxes: Mailboxes;
  limits: Pick<Limits, "take">;
  alerts: Pick<Alerts, "mailboxMarked">;
  observe: Observe;
  /** A mail that a server had accepted did not get there, whoever is to blame: what follows from that. It may be told again. */
  onReturned(mailId: string): Promise<void>;
}

export type BounceOutcome =
  | "marked"
  /** It was told before. */
  | "known"
  /** There is no such mail any more, nobody of the directory has its address, or its mailbox was proven after it. */
  | "not-counted";

const mostNotifications = [{ most: 200, period: minute }];

export class Bounces {
  readonly #deps: BouncesDeps;

  constructor(deps: BouncesDeps) {
    this.#deps = deps;
  }

  /** Whether the network may tell now of the mail with this id: it is one that may come back, and reading what is told takes its time. */
  async expects(mailId: string, network: string): Promise<"now" | "later" | "never"> {
    if (!(await this.#deps.outbox.returnable(mailId))) return "never";
    const use = { limit: "notifications-per-network", rates: mostNotifications, subject: network };
    return (await this.#deps.limits.take([use])) ? "later" : "now";
  }

  /** A notification about the mail says this. */
  async notified(mailId: string, statuses: DeliveryStatus[]): Promise<BounceOutcome> {
    const mail = statuses.some(isFailure) ? await this.#deps.outbox.returnable(mailId) : undefined;
    // The guest who waits is told first: how long the rest takes depends on whether the address is known.
    if (mail) await this.#deps.onReturned(mailId);
    const refusal = statuses.map(refusalInStatus).find((found) => found !== undefined);
    const outcome = mail && refusal ? await this.report(mailId, refusal) : "not-counted";
    if (!refusal) this.#deps.log.info({ mail: mailId, failed: mail !== undefined }, "what came back says nothing against a mailbox");
    return outcome;
  }

  /** The mailbox that the mail was for refused it for good. */
  async report(mailId: string, refusal: MailboxRefusal): Promise<BounceOutcome> {
    const mail = await this.#deps.outbox.returnable(mailId);
    const address = mail && parseAddress(mail.recipient);
    if (!mail || !address) return "not-counted";
    const { db, log, outbox, mailboxes, alerts, observe } = this.#deps;
    let send: () => void = () => undefined;
    const outcome = await transaction(db, async (trx): Promise<BounceOutcome> => {
      const sub = await mailboxes.hold(trx, address);
      if (!(await outbox.cameBack(trx, mailId))) return "known";
      const marked = sub === undefined ? undefined : await mailboxes.refuse(trx, sub, address, refusal, mail);
      if (!marked) return "not-counted";
      send = await alerts.mailboxMarked(trx, marked, address.typed, refusal);
      return "marked";
    });
    send();
    observe({ of: "bounce", outcome });
    log.info({ mail: mailId, kind: mail.kind, status: refusal.status, outcome }, "a mail came back");
    return outcome;
  }
}
