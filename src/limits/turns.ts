// The turn of a mail that is over a limit: the first moment at which every limit has room for it.
// Turns are counted by windows of the clock (each quarter of an hour, each day), so that future windows can be counted as well.
import { type Clock, second, skew } from "../clock.ts";
import type { Db } from "../database/database.ts";
import type { Observe } from "../observations.ts";
import { type KeyRing, keyedHash } from "../secrets.ts";
import * as store from "./limit-store.ts";
import type { Use } from "./limits.ts";

/** The name of a counter for one window of the clock, and without the window. */
interface Window extends store.AskedCounter {
  base: string;
}

/** How many full counters a process remembers. */
const mostRemembered = 10_000;

export class Turns {
  readonly #clock: Clock;
  readonly #keys: KeyRing;
  readonly #observe: Observe;
  /** Until when a counter is full, so that each of thousands of rows does not search from the beginning; and when that was seen. */
  readonly #full = new Map<string, { until: number; seenAt: number }>();

  constructor({ clock, key, observe }: { clock: Clock; key: KeyRing; observe: Observe }) {
    this.#clock = clock;
    this.#keys = key;
    this.#observe = observe;
  }

  /**
   * Takes the first turn, in the transaction of its mail, and is undone with it. Take it last, since others wait for the rows until the
   * transaction ends.
   * @param before a turn at this moment (milliseconds since the epoch) or later is of no use
   * @returns the moment from which it may be done; undefined if that is too late, and then nothing was counted
   */
  async take(trx: Db, uses: Use[], before: number): Promise<number | undefined> {
    const now = this.#clock.now();
    let at = Math.max(now, ...uses.flatMap((use) => this.#windows(use, now)).map(({ base }) => this.#fullUntil(base, now)));
    while (at < before) {
      const asked = uses.flatMap((use) => this.#windows(use, at)).sort((a, b) => (a.counter < b.counter ? -1 : 1));
      const { counters } = await store.take(trx, asked, now);
      if (counters.length === asked.length) return at;
      for (const window of asked.filter(({ counter }) => counters.some((counted) => counted.counter === counter)))
        await store.giveBack(trx, window, now);
      at = await this.#afterFull(trx, asked, now);
    }
    return undefined;
  }

  /** @returns the end of the last window that prevents it */
  async #afterFull(trx: Db, asked: Window[], now: number): Promise<number> {
    const spent = await store.findSpent(trx, asked, now);
    const window = asked.find(({ counter }) => counter === spent?.counter) ?? (asked[0] as Window);
    if (this.#full.size >= mostRemembered) this.#full.clear();
    this.#full.set(window.base, { until: window.resetsAt, seenAt: now });
    this.#observe({ of: "limit", limit: window.base.split(":")[0] as string });
    return window.resetsAt;
  }

  /** Times recorded by a clock that was ahead are ignored. */
  #fullUntil(base: string, now: number): number {
    const full = this.#full.get(base);
    if (!full || full.until <= now || full.seenAt > now + skew) return now;
    return full.until;
  }

  #windows({ limit, rates, subject }: Use, at: number): Window[] {
    // Under a former key too: uses counted there keep counting until they expire.
    const hashes = this.#keys.all.map((key) => keyedHash(key, limit, subject).toString("base64url"));
    return rates.flatMap(({ most, period }) => {
      const window = Math.floor(at / period);
      return hashes.map((hash) => {
        const base = `${limit}:${period / second}:${hash}`;
        return { base, counter: `${base}:${window}`, most, resetsAt: (window + 1) * period };
      });
    });
  }
}
