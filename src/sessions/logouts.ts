// Back-channel logout (OpenID Connect Back-Channel Logout 1.0), durably: queued in the transaction that ends a session, once for
// each session and application.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Audit, system } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import type { Db } from "../database/database.ts";
import type { Open, OpenFilter, QueuePlace } from "../database/queue.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import { type Delivery, Queue } from "../outbound/queue.ts";
import * as store from "./logout-store.ts";

export interface LogoutsDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  audit: Audit;
  observe: Observe;
  /** Posts one logout token. */
  deliver(logout: { clientId: string; sub: string; sid: string }): Promise<Delivery>;
}

export class Logouts {
  readonly #deps: LogoutsDeps;
  readonly #queue: Queue<store.LogoutColumns>;

  constructor(deps: LogoutsDeps) {
    const { db, clock, log, audit, observe, deliver } = deps;
    this.#deps = deps;
    this.#queue = new Queue({
      db,
      clock,
      log,
      name: "logout",
      title: "back-channel logout",
      store: store.logoutQueue,
      observe: (outcome) => observe({ of: "logout", outcome }),
      deliver,
      onGivenUp: (trx, { clientId, sub, attempts }, failure) =>
        audit.record(trx, {
          action: "logout.given-up",
          by: system,
          clientId,
          guestSub: sub,
          details: { attempts: attempts + 1, failure },
        }),
    });
  }

  async enqueue(trx: Db, ...logouts: { clientId: string; sub: string; sid: string }[]): Promise<void> {
    const queued = logouts.map((logout) => ({ id: randomUUID(), ...logout }));
    if (queued.length > 0) await store.insert(trx, queued, this.#deps.clock.now());
  }

  /** Those that wait or were given up, the newest first. */
  list(filter: OpenFilter, limit: number, before?: QueuePlace): Promise<Open<store.LogoutColumns>[]> {
    return store.logoutQueue.listOpen(this.#deps.db, filter, limit, before);
  }

  run(everyMs?: number): void {
    this.#queue.run(everyMs);
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  sweep(): Promise<void> {
    return this.#queue.sweep();
  }
}
