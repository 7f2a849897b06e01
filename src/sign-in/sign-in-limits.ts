// How often codes may be requested and tried. Every address is counted as it was typed (in its canonical form), known or not: a limit reached
// for one alias reveals nothing about another one, nor whether either belongs to a guest.
import { type Clock, skew } from "../clock.ts";
import { type Address, mailboxKeyOf } from "../guests/address.ts";
import type { Counting, Limits, Refusal, Use } from "../limits/limits.ts";
import { parseRates, type Rate, type WrittenRates } from "../limits/rate.ts";
import { type KeyRing, keyedHash } from "../secrets.ts";
import type { BrowserKind } from "./known-browsers.ts";

export interface SignInRates {
  codesPerAddress: WrittenRates;
  /** A network is a /24 of IPv4 or a /64 of IPv6. A /56 may ask for twice as many, and a /48 for four times as many. */
  codesPerNetwork: WrittenRates;
  codesPerApplication: WrittenRates;
  codesTotal: WrittenRates;
  triesPerAddress: WrittenRates;
}

export class SignInLimits {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #key: KeyRing;
  readonly #rates: Record<keyof SignInRates, Rate[]>;
  /** Milliseconds between two codes for one address. */
  readonly #gap: number;
  /** As for an address, except for the gap: plus-addresses are different addresses in one mailbox. */
  readonly #perMailbox: Rate[];

  constructor({ limits, clock, key, rates }: { limits: Limits; clock: Clock; key: KeyRing; rates: SignInRates }) {
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
    this.#perMailbox = this.#rates.codesPerAddress.filter(({ most }) => most > 1);
    this.#gap = Math.max(0, ...this.#rates.codesPerAddress.filter(({ most }) => most === 1).map(({ period }) => period));
  }

  /**
   * Counts a mail with a code, or one that says there is none.
   * @param browser each kind has limits of its own: strangers cannot use up the codes of known browsers
   * @returns `spent` if so many codes were tried for the address that only a long one is accepted
   */
  code(
    address: Address,
    { network, clientId, browser }: { network: string | null; clientId: string; browser: BrowserKind },
  ): Promise<Counting> {
    const uses = [
      { limit: "codes-per-address", rates: this.#rates.codesPerAddress, subject: address.key },
      ...this.#codes(address, clientId),
      { limit: "codes-per-network", rates: this.#rates.codesPerNetwork, subject: network ?? "" },
      ...widerThan(network ?? "").map(({ wider, times }) => ({
        limit: "codes-per-network",
        rates: this.#rates.codesPerNetwork.map(({ most, period }) => ({ most: most * times, period })),
        subject: wider,
      })),
    ];
    const own = browser === "stranger" ? uses : uses.map((use) => ({ ...use, subject: `${browser}\n${use.subject}` }));
    return this.#limits.count(own, [this.#tries(address)]);
  }

  /** @returns milliseconds until another code can be asked for, as far as the time of the last one tells */
  untilNextCode(askedAt: number): number {
    const now = this.#clock.now();
    return askedAt > now + skew ? 0 : Math.max(0, askedAt + this.#gap - now);
  }

  /**
   * Counts one typed code against its address, right or wrong: it counts before that is known, so that of many
   * at the same moment no more than the limit can succeed.
   */
  attempt(address: Address): Promise<Counting> {
    return this.#limits.count([this.#tries(address)]);
  }

  /** The mark of a network that a mailbox was proven from: 64 bits that mean nothing without the key or for another address. */
  mark(address: Address, network: string | null): string | undefined {
    return this.marks(address, network)[0];
  }

  /** The mark, and its former ones from before the key changed. */
  marks(address: Address, network: string | null): string[] {
    if (network === null) return [];
    return this.#key.all.map((key) => keyedHash(key, "network", address.key, network).toString("hex").slice(0, 16));
  }

  /**
   * The limit that keeps an unknown browser from asking for a code for the address, or from typing one; the gap between two codes
   * is not a limit. Nothing is counted.
   */
  look(address: Address, clientId: string): Promise<Refusal | undefined> {
    const own = { limit: "codes-per-address", rates: this.#perMailbox, subject: address.key };
    return this.#limits.look([own, ...this.#codes(address, clientId), this.#tries(address)]);
  }

  #codes(address: Address, clientId: string): Use[] {
    return [
      { limit: "codes-per-mailbox", rates: this.#perMailbox, subject: mailboxKeyOf(address.key) },
      { limit: "codes-per-application", rates: this.#rates.codesPerApplication, subject: clientId, isBusy: true },
      { limit: "codes-total", rates: this.#rates.codesTotal, subject: "", isBusy: true },
    ];
  }

  #tries(address: Address): Use {
    return { limit: "tries-per-address", rates: this.#rates.triesPerAddress, subject: address.key };
  }
}

/** A holder of one /64 often has the whole /56 (a household) or /48 (a site): RFC 6177. */
function widerThan(network: string): { wider: string; times: number }[] {
  const [, site, subnet] = /^([\da-f]+:[\da-f]+:[\da-f]+):([\da-f]+)::\/64$/.exec(network) ?? [];
  if (site === undefined || subnet === undefined) return [];
  const household = (Number.parseInt(subnet, 16) & 0xff00).toString(16);
  return [
    { wider: `${site}:${household}::/56`, times: 2 },
    { wider: `${site}::/48`, times: 4 },
  ];
}
