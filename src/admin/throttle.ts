// Limits of the administration API.

import { second } from "../clock.ts";
import { keyOf } from "../guests/address.ts";
import { counted } from "../in-words.ts";
import type { Limits, Refusal } from "../limits/limits.ts";
import { parseRates, type Rate, type WrittenRates } from "../limits/rate.ts";
import { Problem } from "./problem.ts";

export interface ThrottleRates {
  requestsPerApplication: WrittenRates;
  /** Invitation mails of one application to one address. */
  invitationsPerAddress: WrittenRates;
}

export class Throttle {
  readonly #limits: Limits;
  readonly #requests: Rate[];
  readonly #invitations: Rate[];

  constructor({ limits, rates }: { limits: Limits; rates: ThrottleRates }) {
    this.#limits = limits;
    this.#requests = parseRates(rates.requestsPerApplication);
    this.#invitations = parseRates(rates.invitationsPerAddress);
  }

  /** @returns the seconds to wait where the application made too many requests */
  async request(clientId: string): Promise<number | undefined> {
    return secondsOf(await this.#limits.take([{ limit: "requests-per-application", rates: this.#requests, subject: clientId }]));
  }

  /** @returns the seconds to wait where the application sent too many invitations to the address */
  async mail(clientId: string, address: string): Promise<number | undefined> {
    const subject = `${clientId}\0${keyOf(address)}`;
    return secondsOf(await this.#limits.take([{ limit: "invitations-per-address", rates: this.#invitations, subject }]));
  }
}

export function tooMany(wait: number, why: string): Problem {
  return new Problem(429, "Too many requests", `${why} Wait ${counted(wait, "second")}.`, { retry_after: wait });
}

function secondsOf(refusal: Refusal | undefined): number | undefined {
  return refusal && Math.ceil(refusal.wait / second);
}
