// Passcodes belong to one interaction (one sign-in in one browser). Every unexpired code of the interaction works, all of
// them share one budget of tries, and the first correct one uses them all up. Codes are stored only as keyed hashes.
import { type KeyObject, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, minute } from "../clock.ts";
import type { Db } from "../database.ts";
import { randomToken } from "../secrets.ts";
import { codeMatches, generateCode, hashCode, normalizeCode } from "./passcode.ts";
import * as store from "./passcode-store.ts";

/** Where an interaction stands once a code was asked for. */
export interface PasscodeProgress {
  /** As it was last typed. */
  address: string;
  triesLeft: number;
  /** When a code was last asked for, milliseconds since the epoch. */
  askedAt: number;
  /** The guest who proved the mailbox, or null. */
  provenBy: string | null;
  /** Where the mail with the newest code is. */
  delivery: store.Delivery;
  /** When the interaction ends (milliseconds since the epoch): no mail of it is tried after that. */
  endsAt: number;
}

export type { Delivery } from "./passcode-store.ts";

/** What cost a try names the addresses that the interaction's codes were mailed to, as they were typed. */
export type Attempt =
  /** The code is right; `claim` decides whether it was the first. */
  | { outcome: "matched"; address: string; addresses: string[] }
  | { outcome: "wrong"; left: number; addresses: string[] }
  /** The code was right, but its minutes are over. */
  | { outcome: "expired"; addresses: string[] }
  /** Not of the form of a code: costs no try. */
  | { outcome: "malformed"; digits: number }
  /** No try is left: none at all where there are no addresses. */
  | { outcome: "locked"; addresses: string[] }
  | { outcome: "used" }
  | { outcome: "not-asked" };

export interface PasscodePolicy {
  digits: number;
  /** How long a code is good for once a mail server has accepted the mail. */
  minutes: number;
  wrongTries: number;
}

export class Passcodes {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #key: KeyObject;
  readonly #policy: PasscodePolicy;

  constructor(deps: { db: Knex; clock: Clock; key: KeyObject; policy: PasscodePolicy }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#key = deps.key;
    this.#policy = deps.policy;
  }

  /**
   * Records that a code was asked for and makes it. For an address that will not be let in, `decoy` makes one that no
   * code matches: the same work, the same rows, nothing to guess.
   * @param endsAt when the interaction ends (milliseconds since the epoch); no code outlives it
   * @returns the code, and the id that its mail has to have: its minutes begin when that is handed over. Undefined where the interaction is
   * over, its tries spent or its code used: no code could work any more
   */
  async issue(
    trx: Db,
    asked: { interaction: string; address: string; endsAt: number; decoy: boolean },
  ): Promise<{ id: string; code: string } | undefined> {
    const { interaction, address, endsAt } = asked;
    const id = randomUUID();
    const code = generateCode(this.#policy.digits);
    const hash = hashCode(this.#key, { id, interaction }, asked.decoy ? randomToken() : code);
    const { wrongTries } = this.#policy;
    if (!(await store.ask(trx, { interaction, address, passcode: id, at: this.#clock.now(), endsAt, wrongTries }))) return undefined;
    await store.insert(trx, { id, interaction, address, hash, endsAt });
    return { id, code };
  }

  async progress(interaction: string): Promise<PasscodeProgress | undefined> {
    const request = await store.findRequest(this.#db, interaction);
    if (!request) return undefined;
    const { address, tries, askedAt, provenBy, delivery, endsAt } = request;
    return { address, triesLeft: Math.max(0, this.#policy.wrongTries - tries), askedAt, provenBy, delivery, endsAt };
  }

  /** Compares a typed code. The try is taken from the budget before anything is compared, in one statement that also reads the codes. */
  async attempt(interaction: string, typed: string): Promise<Attempt> {
    const code = normalizeCode(typed);
    if (!new RegExp(`^\\d{${this.#policy.digits}}$`).test(code)) return { outcome: "malformed", digits: this.#policy.digits };
    const now = this.#clock.now();
    const codes = await store.takeTry(this.#db, interaction, this.#policy.wrongTries, now);
    if (!codes) return this.#whyNot(interaction, now);
    const addresses = codes.map(({ address }) => address);
    const matching = codes.filter((passcode) => codeMatches(this.#key, passcode, code));
    // A server may have delivered what it refused: those minutes run as well.
    const minutes = Math.round(this.#policy.minutes * minute);
    const live = matching.find(({ settledAt }) => settledAt === null || settledAt + minutes > now);
    if (live) return { outcome: "matched", address: live.address, addresses };
    const request = await store.findRequest(this.#db, interaction);
    const left = this.#policy.wrongTries - (request?.tries ?? this.#policy.wrongTries);
    if (left <= 0) return { outcome: "locked", addresses };
    return matching.length > 0 ? { outcome: "expired", addresses } : { outcome: "wrong", left, addresses };
  }

  /** Uses up the interaction's codes in favour of the guest. @returns true for exactly one caller, however many try at once */
  claim(trx: Db, interaction: string, sub: string): Promise<boolean> {
    return store.claim(trx, interaction, sub, this.#clock.now());
  }

  /** A mail was refused for good, at once or after a mail server had accepted it: whoever waits for its code, if it has one, is told. */
  async refused(id: string): Promise<void> {
    await store.noteRefusal(this.#db, id);
  }

  /** Removes what was asked for under one of the addresses: the guest is erased. */
  async forget(trx: Db, addresses: string[]): Promise<void> {
    for (const address of addresses) await store.removeOf(trx, address);
  }

  /** Removes what belongs to interactions that ended. */
  async sweep(): Promise<void> {
    await store.removeEnded(this.#db, this.#clock.now());
  }

  async #whyNot(interaction: string, now: number): Promise<Attempt> {
    const request = await store.findRequest(this.#db, interaction);
    if (!request || request.endsAt <= now) return { outcome: "not-asked" };
    return request.provenAt === null ? { outcome: "locked", addresses: [] } : { outcome: "used" };
  }
}
