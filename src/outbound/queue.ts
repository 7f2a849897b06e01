// Delivers messages to applications: by any instance, retried with backoff, and recorded if given up. A message queued in a transaction
// is delivered after it commits, even if the process dies in between.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, day, hour, minute, second } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { Queued, QueueStore } from "../database/queue.ts";
import type { Logger } from "../log.ts";

/** `refused` is final; `failed` may succeed later. `silent` if the application did not answer in time. */
export type Delivery =
  | { outcome: "delivered" | "not-registered" }
  | { outcome: "refused"; why: string }
  | { outcome: "failed"; why: string; silent: boolean };

export interface QueueDeps<Columns> {
  db: Knex;
  clock: Clock;
  log: Logger;
  /** Its name in the log: "logout", and in full "back-channel logout". */
  name: string;
  title: string;
  store: QueueStore<Columns>;
  observe(outcome: "delivered" | "delayed" | "given-up"): void;
  deliver(queued: Queued<Columns>): Promise<Delivery>;
  /** In the transaction in which it is given up. */
  onGivenUp?(trx: Db, queued: Queued<Columns>, failure: string): Promise<void>;
}

const lease = minute;
/** The longest that an attempt is put off: the longest backoff and its spread. */
const longestPause = 2 * hour;
/** One look in this many is for dates written by a clock that was ahead. */
const mendEvery = 5;
const batch = 20;
/** How long an application may not answer before it is given up. */
const givenUpAfter = day;
const settledKeptFor = 30 * day;
/** How long an application that let a request time out is left alone. */
const silence = 5 * second;

export class Queue<Columns> {
  readonly #deps: QueueDeps<Columns>;
  readonly #instance = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #polls = 0;

  constructor(deps: QueueDeps<Columns>) {
    this.#deps = deps;
  }

  /** @param first done before each look at the queue */
  run(everyMs = 1000, first: () => Promise<void> = async () => undefined): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.#polling ??= this.#poll(first).finally(() => {
        this.#polling = undefined;
      });
    }, everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
  }

  /** Removes the records of what was settled 30 days ago. */
  async sweep(): Promise<void> {
    await this.#deps.store.removeSettled(this.#deps.db, this.#deps.clock.now() - settledKeptFor);
  }

  async #poll(first: () => Promise<void>): Promise<void> {
    const { db, clock, log, store, name } = this.#deps;
    try {
      await first();
      const at = clock.now();
      if (this.#polls++ % mendEvery === 0) await store.mendDates(db, at, longestPause, lease);
      const due = await store.claim(db, { by: this.#instance, at, until: at + lease, most: batch });
      const silent = await Promise.all(due.map((queued) => this.#attempt(queued)));
      const now = clock.now();
      // However many messages wait for it, the other applications do not wait for each request to time out.
      for (const clientId of new Set(silent)) if (clientId !== undefined) await store.putOff(db, clientId, now, now + silence);
    } catch (error) {
      log.error({ err: error }, `the queue of ${name}s could not be read`);
    }
  }

  /** @returns the application, if it did not answer in time */
  async #attempt(queued: Queued<Columns>): Promise<string | undefined> {
    const { db, clock, log, observe, deliver, store, name, title } = this.#deps;
    const result = await deliver(queued).catch((error: Error): Delivery => {
      log.error({ err: error, [name]: queued.id }, `a ${name} could not be created`);
      return { outcome: "failed", why: `the ${name} could not be created: the log says why`, silent: false };
    });
    const at = clock.now();
    const about = { [name]: queued.id, client: queued.clientId };
    if (result.outcome === "not-registered") {
      log.debug(about, `no ${title}: the application has no address for it`);
      await store.settle(db, queued.id, this.#instance, "not-registered", at, null);
      return undefined;
    }
    const failure = "why" in result ? result.why : undefined;
    log.info({ ...about, attempt: queued.attempts + 1, failure }, title);
    const givenUp = result.outcome === "refused" || at - queued.createdAt >= givenUpAfter;
    observe(failure === undefined ? "delivered" : givenUp ? "given-up" : "delayed");
    if (failure === undefined) await store.settle(db, queued.id, this.#instance, "delivered", at, null);
    else if (givenUp) await this.#giveUp(queued, at, failure);
    else await store.delay(db, queued.id, this.#instance, at + backoff(queued.attempts), failure);
    return result.outcome === "failed" && result.silent ? queued.clientId : undefined;
  }

  async #giveUp(queued: Queued<Columns>, at: number, failure: string): Promise<void> {
    const { db, store, onGivenUp } = this.#deps;
    await transaction(db, async (trx) => {
      if (await store.settle(trx, queued.id, this.#instance, "given-up", at, failure)) await onGivenUp?.(trx, queued, failure);
    });
  }
}

/** Milliseconds until the next try: 5 s, 10 s, 20 s ... an hour at most. */
function backoff(attempts: number): number {
  return Math.min(2 ** attempts * 5000, hour);
}
