// How often something may be done: a number of times in a window, which starts with the first use and is never extended. All instances count
// in the database, under keyed hashes, so the subject of a counter is not stored.
import { randomInt, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, minute, second } from "../clock.ts";
import { isEmbedded } from "../database/database.ts";
import type { Observe } from "../observations.ts";
import { persistently } from "../persistently.ts";
import { type KeyRing, keyedHash } from "../secrets.ts";
import * as store from "./limit-store.ts";
import type { Rate } from "./rate.ts";

/** One thing that is about to be done, as one limit sees it. */
export interface Use {
  /** The limit's name. */
  limit: string;
  rates: Rate[];
  /** Identifies the uses that are counted together. */
  subject: string;
  /** Everybody counts here at the same time: on PostgreSQL the limit is split over several rows. */
  isBusy?: boolean;
}

/** The smallest part of a busy limit that gets a row of its own, and the most rows. */
const smallestPart = 1000;
const mostParts = 16;

/** The limit that was reached, and how long (milliseconds) until it may be done again. */
export interface Refusal {
  limit: string;
  wait: number;
}

/** Uses that were counted. */
interface Counted {
  /** For the counter with the fewest uses left: how many, and how long (milliseconds) until it resets. */
  left: { most: number; uses: number; resetsIn: number };
  /** Whether one of the watched limits is used up. */
  spent: boolean;
  /** Returns the uses, because the action was not done. It never throws, and keeps trying while the database is away. */
  giveBack(): Promise<void>;
}

export type Counting = ({ outcome: "counted" } & Counted) | ({ outcome: "refused" } & Refusal);

export class Limits {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #keys: KeyRing;
  readonly #observe: Observe;
  readonly #instance = randomUUID();

  constructor({ db, clock, key, observe }: { db: Knex; clock: Clock; key: KeyRing; observe: Observe }) {
    this.#observe = observe;
    this.#db = db;
    this.#clock = clock;
    this.#keys = key;
  }

  /** Counts one use that is never returned. @returns undefined if it may be done */
  async take(uses: Use[]): Promise<Refusal | undefined> {
    const counting = await this.count(uses);
    return counting.outcome === "refused" ? counting : undefined;
  }

  /**
   * Counts one use against every limit that applies, or against none if one of them is used up. One statement, never in a transaction:
   * that would hold, until its end, rows that everybody counts on. So an action that fails returns its count. A refusal
   * costs a second statement.
   * @param watched limits that are checked in the same statement, but not counted
   */
  async count(uses: Use[], watched: Use[] = []): Promise<Counting> {
    const now = this.#clock.now();
    const asked = uses.flatMap((use) => this.#counters(use, now, anyOf)).sort((a, b) => (a.counter < b.counter ? -1 : 1));
    const looked = watched.flatMap((use) => this.#counters(use, now));
    const { counters, spent } = await store.take(this.#db, asked, now, looked);
    const taken = asked.filter(({ counter }) => counters.some((counted) => counted.counter === counter));
    const left = [...taken];
    const giveBack = async () => {
      for (let [counter] = left; counter; [counter] = left) {
        await store.giveBack(this.#db, counter, now);
        left.shift();
      }
    };
    if (taken.length === asked.length)
      return { outcome: "counted", left: fewestLeft(asked, counters, now), spent, giveBack: () => persistently(giveBack) };
    await giveBack();
    return { outcome: "refused", ...(await this.#refusal(asked, now)) };
  }

  /** Checks without counting. @returns the limit that is used up, and for how long; undefined if it may be done */
  async look(uses: Use[]): Promise<Refusal | undefined> {
    const now = this.#clock.now();
    const asked = uses.flatMap((use) => this.#counters(use, now));
    const spent = await store.findSpent(this.#db, asked, now);
    return spent && { limit: spent.counter.split(":")[0] ?? "", wait: Math.max(second, spent.resetsAt - now) };
  }

  /** @throws if nothing can be counted. The counter is this process's own, so nobody is limited by it. */
  async probe(): Promise<void> {
    await this.take([{ limit: "probe", rates: [{ most: 2 ** 31 - 1, period: minute }], subject: this.#instance }]);
  }

  /** Removes the counters that have expired. */
  async sweep(): Promise<void> {
    await store.removeOver(this.#db, this.#clock.now());
  }

  async #refusal(asked: store.AskedCounter[], now: number): Promise<Refusal> {
    const spent = await store.findSpent(this.#db, asked, now);
    const [limit = ""] = (spent?.counter ?? asked[0]?.counter ?? "").split(":");
    this.#observe({ of: "limit", limit });
    return { limit, wait: Math.max(second, (spent?.resetsAt ?? now) - now) };
  }

  /** @param pick chooses the parts of a busy limit to ask for: all of them by default */
  #counters({ limit, rates, subject, isBusy = false }: Use, now: number, pick = all): store.AskedCounter[] {
    // Under a former key too: uses counted there keep counting until they expire.
    const hashes = this.#keys.all.map((key) => keyedHash(key, limit, subject).toString("base64url"));
    return rates.flatMap(({ most, period }) => {
      const parts = isBusy && !isEmbedded(this.#db) ? Math.max(1, Math.min(mostParts, Math.floor(most / smallestPart))) : 1;
      return pick(parts).flatMap((part) =>
        hashes.map((hash) => ({
          counter: `${limit}:${period / second}:${hash}${part === 0 ? "" : `:${part}`}`,
          // Together they are the limit, exactly.
          most: Math.floor((most + part) / parts),
          resetsAt: now + period,
        })),
      );
    });
  }
}

/** At random, so that a pattern in the requests does not use up one part before the others. */
const anyOf = (parts: number) => [parts === 1 ? 0 : randomInt(parts)];
const all = (parts: number) => Array.from({ length: parts }, (_, part) => part);

function fewestLeft(asked: store.AskedCounter[], counted: store.CountedUses[], now: number): Counted["left"] {
  const each = counted.map(({ counter, uses, resetsAt }) => {
    return { most: asked.find((one) => one.counter === counter)?.most ?? 0, uses, resetsIn: Math.max(0, resetsAt - now) };
  });
  return each.reduce((fewest, one) => (one.most - one.uses < fewest.most - fewest.uses ? one : fewest));
}
