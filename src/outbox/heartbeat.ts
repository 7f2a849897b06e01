// Finds out which of the servers that send mail are alive. A lease outlives its holder by up to two minutes, and a guest would wait that long for a
// code; a heartbeat stops within a second. A heartbeat is judged only by whether it changes, by this process's own monotonic clock,
// so that clocks which disagree end no lease.
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import { type Clock, elapsed, second } from "../clock.ts";
import { isEmbedded } from "../database/database.ts";
import type { Logger } from "../log.ts";
import * as store from "./instance-store.ts";

export interface HeartbeatDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  /** This server's. */
  instance: string;
  /** Names of the secrets that this server knows. */
  secrets: readonly string[];
  /** Mail held by another server was freed. */
  onFreed(): void;
  /** Others took this server for dead and may be sending its mail. */
  onLost(): void;
}

const every = second;
/** Longer than a busy database makes a beat late; with one more look, a start and the mail itself it is still less than 10 seconds. */
const deadAfter = 5 * second;

export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  /** For each other server, its last beat and when it was first seen, on the monotonic clock. */
  #seen = new Map<string, { beat: number; since: number }>();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
  }

  /** Begins. SQLite is for one server: any other one that held mail there is gone. */
  start(): void {
    this.#timer = setInterval(() => this.#turn(() => this.#beat()), every);
    this.#turn(() => this.#first());
  }

  /** Call it once nothing is held any more. */
  async stop(): Promise<void> {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    await this.#beating;
    await store.remove(this.#deps.db, this.#deps.instance).catch(() => undefined);
  }

  #turn(work: () => Promise<void>): void {
    this.#beating ??= work()
      .catch((error: unknown) => {
        // While the database is away no heartbeat arrives, which says nothing about the others.
        this.#seen.clear();
        this.#deps.log.warn({ err: error }, "the outbox's heartbeat could not be recorded");
      })
      .finally(() => {
        this.#beating = undefined;
      });
  }

  async #first(): Promise<void> {
    const { db, clock, instance, secrets, onFreed } = this.#deps;
    await store.register(db, instance, secrets);
    if (!isEmbedded(db)) return;
    for (const other of await store.others(db, instance)) await store.bury(db, other, clock.now());
    onFreed();
  }

  async #beat(): Promise<void> {
    const { db, instance, secrets, onLost } = this.#deps;
    if (!(await store.beat(db, instance))) {
      await store.register(db, instance, secrets);
      onLost();
    }
    const now = elapsed();
    const others = await store.others(db, instance);
    const seen = new Map(
      others.map(({ id, beat }) => {
        const before = this.#seen.get(id);
        return [id, before?.beat === beat ? before : { beat, since: now }];
      }),
    );
    this.#seen = seen;
    for (const [id, { beat, since }] of seen) if (now - since >= deadAfter) await this.#bury({ id, beat });
  }

  async #bury(dead: store.Beat): Promise<void> {
    const { db, clock, log, onFreed } = this.#deps;
    if (!(await store.bury(db, dead, clock.now()))) return;
    log.warn({ instance: dead.id }, "a server stopped unexpectedly: this one takes over its mail");
    onFreed();
  }
}

/** If there are such servers, waits until one is seen alive, or all must be dead. @returns whether one is alive */
export async function anyAliveWithout(db: Knex, secret: string): Promise<boolean> {
  const began = elapsed();
  const before = new Map((await store.without(db, secret)).map(({ id, beat }) => [id, beat]));
  while (before.size > 0 && elapsed() - began < deadAfter) {
    await wait(every / 4);
    const now = await store.without(db, secret);
    if (now.some(({ id, beat }) => before.get(id) !== beat)) return true;
    if (now.length === 0) return false;
  }
  return false;
}
