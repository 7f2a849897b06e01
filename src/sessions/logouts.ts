// Back-channel logout (OpenID Connect Back-Channel Logout 1.0), durably: queued in the transaction that ends a session, once for
// each session and application, delivered by any instance, retried with backoff, given up on record.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Audit, system } from "../audit/audit.ts";
import { type Clock, day, hour, minute, second } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import * as store from "./logout-store.ts";

export interface LogoutsDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  audit: Audit;
  observe: Observe;
  /** Posts one logout token. @returns false where the application has no back-channel logout. @throws where it was not accepted */
  deliver(logout: { clientId: string; sub: string; sid: string }): Promise<boolean>;
}

const lease = minute;
const batch = 20;
/** An application that does not answer for so long is given up. */
const givenUpAfter = day;
const settledKeptFor = 30 * day;
/** For so long an application that let a request time out is not asked about its other sessions. */
const silence = 5 * second;

export class Logouts {
  readonly #deps: LogoutsDeps;
  readonly #instance = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;

  constructor(deps: LogoutsDeps) {
    this.#deps = deps;
  }

  async enqueue(trx: Db, logout: { clientId: string; sub: string; sid: string }): Promise<void> {
    await store.insert(trx, { id: randomUUID(), ...logout, at: this.#deps.clock.now() });
  }

  run(everyMs = 1000): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.#polling ??= this.#poll().finally(() => {
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
    await store.removeSettled(this.#deps.db, this.#deps.clock.now() - settledKeptFor);
  }

  async #poll(): Promise<void> {
    try {
      const at = this.#deps.clock.now();
      const due = await store.claim(this.#deps.db, { by: this.#instance, at, until: at + lease, most: batch });
      const silent = await Promise.all(due.map((logout) => this.#attempt(logout)));
      const now = this.#deps.clock.now();
      // However many sessions it had, the other applications do not wait for each of them to time out.
      for (const clientId of new Set(silent)) if (clientId !== undefined) await store.putOff(this.#deps.db, clientId, now, now + silence);
    } catch (error) {
      this.#deps.log.error({ err: error }, "the queue of logouts could not be read");
    }
  }

  /** @returns the application, where it did not answer in time */
  async #attempt(logout: store.QueuedLogout): Promise<string | undefined> {
    const { db, clock, log, observe, deliver } = this.#deps;
    let told = false;
    const error = await deliver(logout).then(
      (registered) => {
        told = registered;
        return undefined;
      },
      (thrown: Error) => thrown,
    );
    const failure = error?.message.slice(0, 200);
    const silent = error?.name === "TimeoutError" ? logout.clientId : undefined;
    const at = clock.now();
    log.info({ logout: logout.id, client: logout.clientId, attempt: logout.attempts + 1, failure }, "back-channel logout");
    const givenUp = at - logout.createdAt >= givenUpAfter;
    if (told) observe({ of: "logout", outcome: "delivered" });
    if (failure !== undefined) observe({ of: "logout", outcome: givenUp ? "given-up" : "delayed" });
    if (failure === undefined) await store.settle(db, logout.id, this.#instance, "delivered", at, null);
    else if (givenUp) await this.#giveUp(logout, at, failure);
    else await store.delay(db, logout.id, this.#instance, at + backoff(logout.attempts), failure);
    return silent;
  }

  async #giveUp(logout: store.QueuedLogout, at: number, failure: string): Promise<void> {
    await transaction(this.#deps.db, async (trx) => {
      const given = await store.settle(trx, logout.id, this.#instance, "given-up", at, failure);
      const details = { attempts: logout.attempts + 1, failure };
      if (given)
        await this.#deps.audit.record(trx, {
          action: "logout.given-up",
          by: system,
          clientId: logout.clientId,
          guestSub: logout.sub,
          details,
        });
    });
  }
}

/** Milliseconds until the next try: 5 s, 10 s, 20 s ... an hour at the most. */
function backoff(attempts: number): number {
  return Math.min(2 ** attempts * 5000, hour);
}
