// Passcodes belong to one interaction (one sign-in in one browser). Every unexpired code of the interaction works on the page that shows
// the address it was mailed to. All of them share one budget of tries, and the first correct one uses them all up. Codes are stored
// only as keyed hashes.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, minute, skew } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { keyOf } from "../guests/address.ts";
import { persistently } from "../persistently.ts";
import { type KeyRing, randomToken } from "../secrets.ts";
import { codeMatches, generateCode, hashCode, normalizeCode } from "./passcode.ts";
import * as store from "./passcode-store.ts";

/** The state of an interaction after a code was asked for. */
export interface PasscodeProgress {
  /** As it was last typed. */
  address: string;
  triesLeft: number;
  /** When a code was last asked for, milliseconds since the epoch. */
  askedAt: number;
  /** The guest who proved the mailbox, or null. */
  provenBy: string | null;
  /** How many digits the newest code has. */
  digits: number;
  /** Where the mail with the newest code is. */
  delivery: store.Delivery;
  /** When the interaction ends (milliseconds since the epoch): no mail of it is tried after that. */
  endsAt: number;
}

export type { Delivery } from "./passcode-store.ts";

/** The result of a counted try: the address that the page showed, as typed, and a way to return the try. */
interface Tried {
  address: string;
  /** Whether the typed code has the length of a long one. */
  long: boolean;
  giveBack(): Promise<void>;
}

export type Attempt =
  /** The code is right; `claim` decides whether it is the first. */
  | ({ outcome: "matched" } & Tried)
  | ({ outcome: "wrong"; left: number } & Tried)
  /** The code was right, but its minutes are over. */
  | ({ outcome: "expired" } & Tried)
  /** This try was the last one, and wrong. */
  | ({ outcome: "spent" } & Tried)
  /** Not in the form of a code: costs no try. */
  | { outcome: "malformed"; digits: number }
  /** No try was left. */
  | { outcome: "locked" }
  | { outcome: "used" }
  | { outcome: "not-asked" };

/** A long code cannot be guessed: of 1,000,000,000,000 one is right. */
const longDigits = 12;

export interface PasscodePolicy {
  digits: number;
  /** How long a code is valid after a mail server has accepted the mail. */
  minutes: number;
  wrongTries: number;
}

export class Passcodes {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #key: KeyRing;
  readonly #policy: PasscodePolicy;

  constructor(deps: { db: Knex; clock: Clock; key: KeyRing; policy: PasscodePolicy }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#key = deps.key;
    this.#policy = deps.policy;
  }

  /**
   * Records that a code was asked for and makes it. For an address that will not be admitted, `decoy` makes one that no
   * code matches: the same work, the same rows, nothing to guess.
   * @param asked `endsAt` is when the interaction ends (milliseconds since the epoch): no code outlives it. `long` makes a code of 12 digits
   * @returns the code, and the id for its mail: the code's minutes begin when that is handed over. Undefined if the interaction is
   * over, its tries spent or its code used: no code could work any more
   */
  async issue(
    trx: Db,
    asked: { interaction: string; address: string; endsAt: number; decoy: boolean; long: boolean },
  ): Promise<{ id: string; code: string } | undefined> {
    const { interaction, address, endsAt } = asked;
    const id = randomUUID();
    const code = generateCode(asked.long ? longDigits : this.#policy.digits);
    const hash = hashCode(this.#key, { id, interaction }, asked.decoy ? randomToken() : code);
    const { wrongTries } = this.#policy;
    if (!(await store.ask(trx, { interaction, address, passcode: id, at: this.#clock.now(), endsAt, wrongTries }))) return undefined;
    await store.insert(trx, { id, interaction, address, hash, digits: asked.long ? longDigits : null, endsAt });
    return { id, code };
  }

  async progress(interaction: string): Promise<PasscodeProgress | undefined> {
    const request = await store.findRequest(this.#db, interaction);
    if (!request) return undefined;
    const { address, tries, askedAt, provenBy, delivery, endsAt } = request;
    const triesLeft = Math.max(0, this.#policy.wrongTries - tries);
    return { address, triesLeft, askedAt, provenBy, digits: request.digits ?? this.#policy.digits, delivery, endsAt };
  }

  /**
   * Compares a typed code with those that were mailed to the address that the page shows. The try is taken from the budget before
   * anything is compared, in one statement that also reads the codes.
   * @param shows whether it is the address on the page; a page that shows none of them is about the one that was typed last
   */
  async attempt(interaction: string, typed: string, shows: (address: string) => boolean): Promise<Attempt> {
    const code = normalizeCode(typed);
    const long = code.length === longDigits;
    if (!/^\d+$/.test(code) || !(long || code.length === this.#policy.digits)) return this.#malformed(interaction);
    const now = this.#clock.now();
    const taken = await store.takeTry(this.#db, interaction, this.#policy.wrongTries, now);
    if (!taken) return this.#whyNot(interaction, now);
    const address = taken.codes.find((passcode) => shows(passcode.address))?.address ?? taken.address;
    const tried = { address, long, giveBack: () => persistently(() => store.giveTryBack(this.#db, interaction)) };
    const codes = taken.codes.filter((passcode) => keyOf(passcode.address) === keyOf(address));
    const matching = codes.filter((passcode) => codeMatches(this.#key, passcode, code));
    // A server may have delivered what it refused, so its minutes run too.
    const minutes = Math.round(this.#policy.minutes * minute);
    // Minutes that begin in the future were recorded by a clock that was ahead: their true beginning is not known.
    const live = matching.find(({ settledAt }) => settledAt === null || (settledAt <= now + skew && settledAt + minutes > now));
    if (live) return { outcome: "matched", ...tried, address: live.address };
    const request = await store.findRequest(this.#db, interaction);
    const left = this.#policy.wrongTries - (request?.tries ?? this.#policy.wrongTries);
    if (left <= 0) return { outcome: "spent", ...tried };
    return matching.length > 0 ? { outcome: "expired", ...tried } : { outcome: "wrong", left, ...tried };
  }

  /** Uses up the interaction's codes for the guest. @returns true for exactly one caller, however many try at once */
  claim(trx: Db, interaction: string, sub: string): Promise<boolean> {
    return store.claim(trx, interaction, sub, this.#clock.now());
  }

  /**
   * A mail was refused permanently, at once or after a mail server had accepted it: tells a guest who is waiting for its code.
   * @param because whether the address has to be checked
   */
  async refused(id: string, because: store.Refusal = "address"): Promise<void> {
    await store.noteRefusal(this.#db, id, because);
  }

  /** Removes requests for codes to one of the addresses: the guest is erased. */
  async forget(trx: Db, addresses: string[]): Promise<void> {
    for (const address of addresses) await store.removeOf(trx, address);
  }

  /** Removes what belongs to interactions that ended. */
  async sweep(): Promise<void> {
    await store.removeEnded(this.#db, this.#clock.now());
  }

  async #malformed(interaction: string): Promise<Attempt> {
    const request = await store.findRequest(this.#db, interaction);
    return { outcome: "malformed", digits: request?.digits ?? this.#policy.digits };
  }

  async #whyNot(interaction: string, now: number): Promise<Attempt> {
    const request = await store.findRequest(this.#db, interaction);
    if (!request || request.endsAt <= now) return { outcome: "not-asked" };
    return request.provenAt === null ? { outcome: "locked" } : { outcome: "used" };
  }
}
