import { type Clock, minute } from "../clock.ts";

/** Limits the mails per minute of this instance, evenly: unused ones add up to one minute's worth, or at least one mail. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #most: number;
  #left: number;
  #at: number;

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#most = Math.max(1, perMinute);
    this.#left = this.#most;
    this.#at = clock.now();
  }

  /** When the next mail may go, milliseconds since the epoch. */
  get freeAt(): number {
    this.#refill();
    return Math.ceil(this.#at + (Math.max(0, 1 - this.#left) * minute) / this.#perMinute);
  }

  take(): void {
    this.#refill();
    this.#left--;
  }

  #refill(): void {
    const now = this.#clock.now();
    this.#left = Math.min(this.#most, this.#left + (Math.max(0, now - this.#at) * this.#perMinute) / minute);
    this.#at = now;
  }
}
