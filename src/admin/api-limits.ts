// Limits of the administration API.

import type { Quota } from "../api/router.ts";
import { second } from "../clock.ts";
import type { Limits } from "../limits/limits.ts";
import { parseRates, type Rate, type WrittenRates } from "../limits/rate.ts";

export interface ThrottleRates {
  requestsPerApplication: WrittenRates;
}

export class Throttle {
  readonly #limits: Limits;
  readonly #requests: Rate[];

  constructor({ limits, rates }: { limits: Limits; rates: ThrottleRates }) {
    this.#limits = limits;
    this.#requests = parseRates(rates.requestsPerApplication);
  }

  /** Counts a request of the application. */
  async request(clientId: string): Promise<Quota> {
    const counting = await this.#limits.count([{ limit: "requests-per-application", rates: this.#requests, subject: clientId }]);
    if (counting.outcome === "refused") {
      const wait = Math.ceil(counting.wait / second);
      return { limit: Math.min(...this.#requests.map(({ most }) => most)), remaining: 0, reset: wait, wait };
    }
    const { most, uses, resetsIn } = counting.left;
    return { limit: most, remaining: Math.max(0, most - uses), reset: Math.ceil(resetsIn / second) };
  }
}
