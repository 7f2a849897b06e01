// How often codes may be asked for and tried. Every address is counted as it was typed (in its canonical form), known or not: that one alias
// is limited says nothing about another one, nor whether either belongs to a guest.
import type { KeyObject } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Address } from "../guests/address.ts";
import type { Limits, Refusal } from "../limits/limits.ts";
import { parseRates, type Rate, type WrittenRates } from "../limits/rate.ts";
import { keyedHash } from "../secrets.ts";

export interface SignInRates {
  codesPerAddress: WrittenRates;
  /** A network is a /24 of IPv4 or a /64 of IPv6. */
  codesPerNetwork: WrittenRates;
  codesPerApplication: WrittenRates;
  codesTotal: WrittenRates;
  triesPerAddress: WrittenRates;
}

export class SignInLimits {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #key: KeyObject;
  readonly #rates: Record<keyof SignInRates, Rate[]>;
  /** Milliseconds between two codes for one address. */
  readonly #gap: number;

  constructor({ limits, clock, key, rates }: { limits: Limits; clock: Clock; key: KeyObject; rates: SignInRates }) {
    this.#limits = limits;
    this.#clock = clock;
    this.#key = key;
    this.#rates = {
      codesPerAddress: parseRates(rates.codesPerAddress),
      codesPerNetwork: parseRates(rates.codesPerNetwork),
      codesPerApplication: parseRates(rates.codesPerApplication),
      codesTotal: parseRates(rates.codesTotal),
      triesPerAddress: parseRates(rates.triesPerAddress),
    };
    this.#gap = Math.max(0, ...this.#rates.codesPerAddress.filter(({ most }) => most === 1).map(({ period }) => period));
  }

  /** Counts a mail with a code, or with the word that there is none. @returns undefined where it may be sent */
  code(address: Address, { network, clientId }: { network: string | null; clientId: string }): Promise<Refusal | undefined> {
    return this.#limits.take([
      { limit: "codes-per-address", rates: this.#rates.codesPerAddress, subject: address.key },
      { limit: "codes-per-application", rates: this.#rates.codesPerApplication, subject: clientId },
      { limit: "codes-per-network", rates: this.#rates.codesPerNetwork, subject: network ?? "" },
      { limit: "codes-total", rates: this.#rates.codesTotal, subject: "" },
    ]);
  }

  /** @returns milliseconds until another code can be asked for, as far as that follows from when the last one was */
  untilNextCode(askedAt: number): number {
    return Math.max(0, askedAt + this.#gap - this.#clock.now());
  }

  /**
   * Counts one typed code against the addresses that it may have been mailed to; right or wrong, since it counts before that matters, so
   * that of many at the same moment no more than the limit are worth anything. @returns undefined where it may be right
   */
  attempt(addresses: Address[]): Promise<Refusal | undefined> {
    const keys = new Set(addresses.map(({ key }) => key));
    return this.#limits.take([...keys].map((subject) => ({ limit: "tries-per-address", rates: this.#rates.triesPerAddress, subject })));
  }

  /** What is remembered of a network that a mailbox was proven from: 64 bits that mean nothing without the key, nor for another address. */
  mark(address: Address, network: string | null): string | undefined {
    return network === null ? undefined : keyedHash(this.#key, "network", address.key, network).toString("hex").slice(0, 16);
  }
}
