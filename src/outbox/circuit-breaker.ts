import { type Clock, minute } from "../clock.ts";

const failuresToOpen = 5;
const firstPause = 10_000;
/** A code may have no other route: it goes within a minute once the server is back. */
const longestPause = minute;

/**
 * Keeps mail away from a server that does not answer or refuses every mail: after 5 failures in a row it pauses for 10 s, then lets one try through at a time;
 * each that fails doubles the pause, up to a minute, and one that is answered ends it.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  #failures = 0;
  #openUntil = 0;
  #downSince: number | undefined;
  #probing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): "closed" | "open" | "half-open" {
    if (this.#failures < failuresToOpen) return "closed";
    const now = this.#clock.now();
    // A pause longer than the maximum was begun by a clock that was ahead.
    return now < this.#openUntil && this.#openUntil <= now + longestPause ? "open" : "half-open";
  }

  /** Since when the server has not answered, milliseconds since the epoch; undefined while the circuit is closed. */
  get downSince(): number | undefined {
    return this.#downSince;
  }

  /** When the next try is worthwhile, milliseconds since the epoch. */
  get retryAt(): number {
    return this.state === "open" ? this.#openUntil : this.#clock.now() + 1000;
  }

  /** Asks for one try, whose result has to be reported. */
  admits(): boolean {
    if (this.state === "closed") return true;
    if (this.state === "open" || this.#probing) return false;
    this.#probing = true;
    return true;
  }

  answered(): void {
    this.#failures = 0;
    this.#downSince = undefined;
    this.#probing = false;
  }

  /** The try that was allowed has no result. */
  untold(): void {
    this.#probing = false;
  }

  failed(): void {
    // Tries that began before the others failed say nothing new.
    if (this.state === "open") return;
    this.#failures++;
    this.#probing = false;
    if (this.#failures < failuresToOpen) return;
    this.#downSince ??= this.#clock.now();
    this.#openUntil = this.#clock.now() + Math.min(firstPause * 2 ** (this.#failures - failuresToOpen), longestPause);
  }
}
