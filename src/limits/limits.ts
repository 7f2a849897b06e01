// How often something may be done: so many times in a window, which begins with the first time and is never prolonged. Counted in the
// database, by all instances together, under keyed hashes: whom or what a counter is about is not written down.
import { type KeyObject, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, minute, second } from "../clock.ts";
import type { Observe } from "../observations.ts";
import { keyedHash } from "../secrets.ts";
import * as store from "./limit-store.ts";
import type { Rate } from "./rate.ts";

/** One thing that is about to be done, as one limit sees it. */
export interface Use {
  /** The limit's name. */
  limit: string;
  rates: Rate[];
  /** Whose uses are counted together. */
  subject: string;
}

/** Which limit it was, and how long (milliseconds) until it may be done again. */
export interface Refusal {
  limit: string;
  wait: number;
}

export class Limits {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #key: KeyObject;
  readonly #observe: Observe;
  readonly #instance = randomUUID();

  constructor({ db, clock, key, observe }: { db: Knex; clock: Clock; key: KeyObject; observe: Observe }) {
    this.#observe = observe;
    this.#db = db;
    this.#clock = clock;
    this.#key = key;
  }

  /**
   * Counts one use against every limit that applies, or against none where one of them is used up: what is refused uses up nothing. One
   * statement, never in a transaction, which would hold rows that everybody counts on; a refusal costs a second one.
   * @returns undefined where it may be done
   */
  async take(uses: Use[]): Promise<Refusal | undefined> {
    const now = this.#clock.now();
    const asked = uses.flatMap((use) => this.#counters(use, now)).sort((a, b) => (a.counter < b.counter ? -1 : 1));
    const taken = await store.take(this.#db, asked, now);
    if (taken.length === asked.length) return undefined;
    for (const counter of taken) await store.giveBack(this.#db, counter, now);
    return this.#refusal(asked, now);
  }

  /** @throws where nothing can be counted. It counts for nobody: the counter is this process's own. */
  async probe(): Promise<void> {
    await this.take([{ limit: "probe", rates: [{ most: 2 ** 31 - 1, period: minute }], subject: this.#instance }]);
  }

  /** Removes the counters whose time is over. */
  async sweep(): Promise<void> {
    await store.removeOver(this.#db, this.#clock.now());
  }

  async #refusal(asked: store.AskedCounter[], now: number): Promise<Refusal> {
    const spent = await store.findSpent(this.#db, asked, now);
    const [limit = ""] = (spent?.counter ?? asked[0]?.counter ?? "").split(":");
    this.#observe({ of: "limit", limit });
    return { limit, wait: Math.max(second, (spent?.resetsAt ?? now) - now) };
  }

  #counters({ limit, rates, subject }: Use, now: number): store.AskedCounter[] {
    const hash = keyedHash(this.#key, limit, subject).toString("base64url");
    return rates.map(({ most, period }) => ({ counter: `${limit}:${period / second}:${hash}`, most, resetsAt: now + period }));
  }
}
