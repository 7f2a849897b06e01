// A signed-in guest adds an address: a code goes there, and comes back on the page where it was requested. Nobody learns here whether
// the address is another guest's before the mailbox is proven: every address does the same work and gets the same mail.
import type { Knex } from "knex";
import { ownClientId } from "../applications/own-page.ts";
import type { Actor, Audit } from "../audit/audit.ts";
import { type Clock, minute } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import { type Address, keyOf, parseAddress } from "../guests/address.ts";
import type { Aliases } from "../guests/aliases.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { PasscodeProgress, Passcodes } from "../passcodes/passcodes.ts";
import type { SignInLimits } from "./sign-in-limits.ts";

/** Where the code is asked for. */
export interface AskedAt {
  /** Identifies the request, as an interaction identifies a sign-in. The caller ensures that it is the guest's own. */
  request: string;
  /** BCP 47. */
  language: string;
  userAgent: string;
  country: string | undefined;
  by: Actor;
}

/** The function that receives it enqueues it, in the same transaction. */
export interface NewAddressMail {
  id: string;
  request: string;
  recipient: string;
  code: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  language: string;
  asked: Pick<AskedAt, "userAgent" | "country">;
}

export type AskOutcome =
  | { outcome: "asked" | "not-an-address" | "own" | "over" }
  /** Milliseconds until another code can be asked for. */
  | { outcome: "too-often"; wait: number };

export type AddOutcome =
  /** `taken`: the address is another guest's, whose mailbox this person has proven. `over`: start again. */
  | { outcome: "added" | "taken" | "expired" | "over" }
  | { outcome: "wrong"; left: number }
  | { outcome: "malformed"; digits: number }
  | { outcome: "too-many"; wait: number };

export interface NewAddressDeps {
  db: Knex;
  clock: Clock;
  passcodes: Passcodes;
  aliases: Aliases;
  guests: Guests;
  limits: SignInLimits;
  audit: Audit;
  /** How long a request lives. */
  minutes: number;
  enqueue(trx: Db, mail: NewAddressMail): Promise<() => void>;
}

export class NewAddress {
  readonly #deps: NewAddressDeps;

  constructor(deps: NewAddressDeps) {
    this.#deps = deps;
  }

  /** Mails a code to the address. */
  async ask(guest: Guest, typed: string, asked: AskedAt): Promise<AskOutcome> {
    const { limits, guests } = this.#deps;
    const address = parseAddress(typed);
    if (!address) return { outcome: "not-an-address" };
    if ((await guests.aliases(guest.sub)).some((alias) => keyOf(alias.address) === address.key)) return { outcome: "own" };
    const counting = await limits.code(address, { network: asked.by.network, clientId: ownClientId, browser: "stranger" });
    if (counting.outcome === "refused") return { outcome: "too-often", wait: counting.wait };
    const send = await this.#mail(guest, address, counting.spent, asked).catch(async (error: unknown) => {
      await counting.giveBack();
      throw error;
    });
    if (send) send();
    else await counting.giveBack();
    return { outcome: send ? "asked" : "over" };
  }

  /** The state of the request; undefined if no code was asked for in it, or it is over. */
  async progress(request: string): Promise<(PasscodeProgress & { untilNextCode: number }) | undefined> {
    const progress = await this.#deps.passcodes.progress(request);
    if (!progress || progress.endsAt <= this.#deps.clock.now()) return undefined;
    return { ...progress, untilNextCode: this.#deps.limits.untilNextCode(progress.askedAt) };
  }

  /** Adds the address if the code is right. Only the first of any number of simultaneous right ones succeeds. */
  async add(guest: Guest, request: string, typed: string, by: Actor): Promise<AddOutcome> {
    const attempt = await this.#deps.passcodes.attempt(request, typed, () => true);
    if (attempt.outcome === "malformed") return attempt;
    if (!("giveBack" in attempt)) return { outcome: attempt.outcome === "used" ? "added" : "over" };
    try {
      const address = parseAddress(attempt.address) as Address;
      const counting = await this.#deps.limits.attempt(address);
      if (counting.outcome === "refused" && !attempt.long) return { outcome: "too-many", wait: counting.wait };
      if (attempt.outcome === "wrong") return { outcome: "wrong", left: attempt.left };
      if (attempt.outcome === "expired") return { outcome: "expired" };
      if (attempt.outcome === "spent") return { outcome: "over" };
      const claim = (trx: Db) => this.#deps.passcodes.claim(trx, request, guest.sub);
      return toOutcome(await this.#deps.aliases.addProven(guest, address, claim, by), guest);
    } catch (error) {
      await attempt.giveBack();
      throw error;
    }
  }

  #mail(guest: Guest, address: Address, long: boolean, asked: AskedAt): Promise<(() => void) | undefined> {
    const { db, clock, passcodes, audit, minutes, enqueue } = this.#deps;
    const { request, language, userAgent, country, by } = asked;
    const endsAt = clock.now() + minutes * minute;
    return transaction(db, async (trx) => {
      const issued = await passcodes.issue(trx, { interaction: request, address: address.typed, endsAt, decoy: false, long });
      if (!issued) return undefined;
      await audit.record(trx, {
        action: "sign-in.code-asked",
        by,
        clientId: ownClientId,
        guestSub: guest.sub,
        details: { newAddress: true },
      });
      const { id, code } = issued;
      return enqueue(trx, { id, code, request, recipient: address.typed, expiresAt: endsAt, language, asked: { userAgent, country } });
    });
  }
}

/** A second answer to a request whose code was used need not add anything. */
function toOutcome(result: Awaited<ReturnType<Aliases["addProven"]>>, guest: Guest): AddOutcome {
  if (result.outcome === "taken") return { outcome: result.sub === guest.sub ? "added" : "taken" };
  return { outcome: result.outcome === "done" || result.outcome === "changed" ? "added" : "over" };
}
