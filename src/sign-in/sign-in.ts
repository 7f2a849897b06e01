// The use case behind the screens: ask for a code, prove a mailbox with it.
// Nobody learns here whether an address is known: every address does the same work and gets one mail.
import type { Knex } from "knex";
import { type Application, admits } from "../applications/application.ts";
import { type Db, transaction } from "../database.ts";
import { type Address, parseAddress } from "../guests/address.ts";
import type { Guests } from "../guests/guests.ts";
import type { Attempt, PasscodeProgress, Passcodes } from "../passcodes/passcodes.ts";

/** One sign-in in one browser, as the screens know it. */
export interface SignInContext {
  /** The interaction's identifier. */
  interaction: string;
  /** When the interaction ends, milliseconds since the epoch. */
  endsAt: number;
  application: Application;
  /** The language of the screens (BCP 47). It never follows from what is known of an address: a stranger who types it reads them. */
  language: string;
  /** The language that the application asked for, where there are texts in it. */
  applicationLanguage: string | undefined;
  /** The browser's User-Agent header; "" where it sent none. */
  userAgent: string;
}

/** A mail that the sign-in wants sent; whoever is given it enqueues it in the same transaction. */
export type SignInMail = {
  recipient: string;
  /** The guest's own language (BCP 47), where one is known. */
  locale: string | null;
  context: SignInContext;
  expiresAt: number;
  passcodeId: string;
} & ({ kind: "passcode"; code: string } | { kind: "not-admitted" });

export type RequestOutcome =
  | { outcome: "asked" }
  | { outcome: "not-an-address" }
  /** The tries are spent or a code was used: no code could work any more, so none is sent. */
  | { outcome: "over" };
export type VerifyOutcome =
  | { outcome: "accepted"; sub: string }
  /** The code was right, but meanwhile the guest was suspended or the application admits them no longer. */
  | { outcome: "not-admitted" }
  | Exclude<Attempt, { outcome: "matched" }>;

export interface SignInDeps {
  db: Knex;
  guests: Guests;
  passcodes: Passcodes;
  /** Enqueues the mail in the transaction. @returns what to do once the transaction is committed: send it */
  enqueue(trx: Db, mail: SignInMail): Promise<() => void>;
}

export class SignIn {
  readonly #deps: SignInDeps;

  constructor(deps: SignInDeps) {
    this.#deps = deps;
  }

  /** Where the interaction stands: undefined until a code was asked for. */
  progress(interaction: string): Promise<PasscodeProgress | undefined> {
    return this.#deps.passcodes.progress(interaction);
  }

  /** Mails a code, or the word that this address is not let in; the caller cannot tell which. */
  async requestPasscode(context: SignInContext, typed: string): Promise<RequestOutcome> {
    const address = parseAddress(typed);
    if (!address) return { outcome: "not-an-address" };
    const known = await this.#deps.guests.findByAddress(address);
    const admitted = admits(context.application, known?.guest);
    const reader = { recipient: known?.recorded ?? address.typed, locale: known?.guest.locale ?? null };
    const send = await transaction(this.#deps.db, (trx) => this.#enqueue(trx, context, address, reader, admitted));
    if (!send) return { outcome: "over" };
    send();
    return { outcome: "asked" };
  }

  /** Checks a typed code; a correct one proves the mailbox it was sent to, and the first correct one of the interaction leads in. */
  async verifyPasscode({ interaction, application, language }: SignInContext, typed: string): Promise<VerifyOutcome> {
    const attempt = await this.#deps.passcodes.attempt(interaction, typed);
    if (attempt.outcome !== "matched") return attempt;
    const address = parseAddress(attempt.address) as Address;
    const guest = await this.#deps.guests.proveMailbox(address, { record: admits(application, undefined), locale: language });
    if (!guest || !admits(application, guest)) return { outcome: "not-admitted" };
    const first = await this.#deps.passcodes.claim(interaction, guest.sub);
    return first ? { outcome: "accepted", sub: guest.sub } : { outcome: "used" };
  }

  async #enqueue(
    trx: Db,
    context: SignInContext,
    address: Address,
    reader: { recipient: string; locale: string | null },
    admitted: boolean,
  ): Promise<(() => void) | undefined> {
    const { interaction, endsAt } = context;
    const issued = await this.#deps.passcodes.issue(trx, { interaction, address: address.typed, endsAt, decoy: !admitted });
    if (!issued) return undefined;
    const mail = { ...reader, context, expiresAt: endsAt, passcodeId: issued.id };
    return this.#deps.enqueue(trx, admitted ? { ...mail, kind: "passcode", code: issued.code } : { ...mail, kind: "not-admitted" });
  }
}
