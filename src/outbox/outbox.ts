// A durable queue of mail. A mail is enqueued in the same transaction as what it is about, sent at once by the process that
// enqueued it, and by any other once that one's lease has run out. What was sent keeps no body.
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import { type Clock, hour, minute } from "../clock.ts";
import type { Db } from "../database.ts";
import type { Logger } from "../log.ts";
import * as store from "./outbox-store.ts";
import type { Transport } from "./transport.ts";

export interface Draft {
  kind: string;
  /** What the mail is about; given back when a server has accepted it. */
  subjectId: string | null;
  recipient: string;
  content: store.Message;
  /** Past this moment (milliseconds since the epoch) the mail is not sent any more. */
  expiresAt: number;
}

export interface OutboxDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  transport: Transport;
  /** The domain of Message-ID. */
  domain: string;
  /** A mail server accepted the mail: what follows from that. It happens before the mail is settled, and may happen again. */
  onAccepted(mail: { kind: string; subjectId: string | null }): Promise<void>;
}

/** Longer than the transport gives an attempt. */
const lease = 2 * minute;
/** How long (milliseconds) the attempts under way may still take when the process stops; the next one tries again after that. */
const lastAttempts = 3000;
const settledKeptFor = 30 * 24 * hour;
const batch = 20;

export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #instance = randomUUID();
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** @returns what to call once the transaction is committed: it sends the mail in the background */
  async enqueue(trx: Db, draft: Draft): Promise<() => void> {
    const id = randomUUID();
    const at = this.#deps.clock.now();
    const mail: store.QueuedMail = {
      id,
      kind: draft.kind,
      subjectId: draft.subjectId,
      recipient: draft.recipient,
      content: JSON.stringify(draft.content),
      messageId: `<${id}@${this.#deps.domain}>`,
      attempts: 0,
      expiresAt: draft.expiresAt,
    };
    await store.insert(trx, mail, { by: this.#instance, at, until: at + lease });
    return () => this.#start(mail);
  }

  /** Begins to look for mail that is due: retries, and what a process left behind that died. */
  run(everyMs = 1000): void {
    this.#timer = setInterval(() => {
      this.#polling ??= this.#poll().finally(() => {
        this.#polling = undefined;
      });
    }, everyMs);
  }

  /** Stops looking for mail and waits for the attempts under way, though not for a mail server that stalls. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
    await Promise.race([Promise.all(this.#underWay), wait(lastAttempts, undefined, { ref: false })]);
    this.#deps.transport.close();
    await Promise.all(this.#underWay);
  }

  /** Removes every mail to one of the addresses: the guest is erased. */
  async forget(trx: Db, addresses: string[]): Promise<void> {
    for (const address of addresses) await store.removeAbout(trx, address);
  }

  /** Removes the records of mail that was settled 30 days ago. */
  async sweep(): Promise<void> {
    await store.removeSettled(this.#deps.db, this.#deps.clock.now() - settledKeptFor);
  }

  async #poll(): Promise<void> {
    if (this.#underWay.size >= batch) return;
    try {
      const at = this.#deps.clock.now();
      await store.expire(this.#deps.db, at);
      const mails = await store.claim(this.#deps.db, { by: this.#instance, at, until: at + lease, most: batch });
      for (const mail of mails) this.#start(mail);
    } catch (error) {
      this.#deps.log.error({ err: error }, "the outbox could not be read");
    }
  }

  #start(mail: store.QueuedMail): void {
    const attempt = this.#attempt(mail)
      .catch((error: unknown) => this.#deps.log.error({ err: error, mail: mail.id }, "a mail could not be settled"))
      .finally(() => this.#underWay.delete(attempt));
    this.#underWay.add(attempt);
  }

  async #attempt(mail: store.QueuedMail): Promise<void> {
    const { db, clock, log, transport } = this.#deps;
    const delivery = await transport.deliver(mail);
    const at = clock.now();
    log.info({ mail: mail.id, kind: mail.kind, attempt: mail.attempts + 1, outcome: delivery.outcome, reply: delivery.reply }, "mail");
    if (delivery.outcome === "refused") return store.failed(db, mail.id, this.#instance, at, delivery.reply);
    if (delivery.outcome === "delayed") return store.delayed(db, mail.id, this.#instance, at + backoff(mail.attempts), delivery.reply);
    await this.#deps.onAccepted(mail);
    await store.sent(db, mail.id, this.#instance, at, delivery.reply);
  }
}

/** Whole milliseconds until the next try: 2 s, 4 s, 8 s ... 2 minutes at the most, plus up to a quarter so that retries spread. */
function backoff(attempts: number): number {
  const base = Math.min(2 ** (attempts + 1) * 1000, 2 * minute);
  return Math.round(base + Math.random() * (base / 4));
}
