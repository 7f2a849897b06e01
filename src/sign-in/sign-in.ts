// The use case behind the screens: ask for a code, prove a mailbox with it.
// Nobody learns here whether an address is known: every address does the same work and gets one mail.
import type { Knex } from "knex";
import { type Admission, records } from "../admission/admission.ts";
import type { Application } from "../applications/application.ts";
import type { AuditAction } from "../audit/actions.ts";
import type { Actor, Audit } from "../audit/audit.ts";
import { type Db, transaction } from "../database.ts";
import { type Address, parseAddress } from "../guests/address.ts";
import type { Guests, Proof } from "../guests/guests.ts";
import type { Invitations } from "../invitations/invitations.ts";
import type { Observe } from "../observations.ts";
import type { Attempt, PasscodeProgress, Passcodes } from "../passcodes/passcodes.ts";
import type { SignInLimits } from "./sign-in-limits.ts";

/** One sign-in in one browser, as the screens know it. */
export interface SignInContext {
  /** The interaction's identifier. */
  interaction: string;
  /** When the interaction ends, milliseconds since the epoch. */
  endsAt: number;
  application: Application;
  /** The language of the screens (BCP 47). It never follows from what is known of an address: a stranger who types it reads them. */
  language: string;
  /** The browser's network (/24 or /64). */
  network: string | null;
  /** The language that the application asked for, where there are texts in it. */
  applicationLanguage: string | undefined;
  /** The browser's User-Agent header; "" where it sent none. */
  userAgent: string;
  /** The country that the proxy says the browser is in (ISO 3166-1 alpha-2), where it says one. */
  country: string | undefined;
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
  /** Nothing was sent, whoever it is: a limit says for how long (milliseconds). */
  | { outcome: "too-often"; wait: number }
  | { outcome: "not-an-address" }
  /** The tries are spent or a code was used: no code could work any more, so none is sent. */
  | { outcome: "over" };
export type VerifyOutcome =
  | { outcome: "accepted"; sub: string }
  /** The code was right, but meanwhile the guest was suspended or the application admits them no longer. */
  | { outcome: "not-admitted" }
  /** Right or wrong, it was not taken: too many were tried for the address. In milliseconds they are taken again. */
  | { outcome: "too-many"; wait: number }
  | Exclude<Attempt, { outcome: "matched" }>;

/** Where an interaction stands once a code was asked for. */
export interface Progress extends Omit<PasscodeProgress, "askedAt"> {
  /** Milliseconds until another code can be asked for, as far as that is known. */
  untilNextCode: number;
}

export interface SignInDeps {
  db: Knex;
  guests: Guests;
  passcodes: Passcodes;
  limits: SignInLimits;
  invitations: Invitations;
  admission: Admission;
  audit: Audit;
  observe: Observe;
  /** Enqueues the mail in the transaction. @returns what to do once the transaction is committed: send it */
  enqueue(trx: Db, mail: SignInMail): Promise<() => void>;
}

export class SignIn {
  readonly #deps: SignInDeps;

  constructor(deps: SignInDeps) {
    this.#deps = deps;
  }

  /** Where the interaction stands: undefined until a code was asked for. */
  async progress(interaction: string): Promise<Progress | undefined> {
    const progress = await this.#deps.passcodes.progress(interaction);
    return progress && { ...progress, untilNextCode: this.#deps.limits.untilNextCode(progress.askedAt) };
  }

  /** Mails a code, or the word that this address is not let in; the caller cannot tell which. */
  async requestPasscode(context: SignInContext, typed: string): Promise<RequestOutcome> {
    const address = parseAddress(typed);
    if (!address) return { outcome: "not-an-address" };
    // Before anything is looked up: who it is plays no part.
    const refused = await this.#deps.limits.code(address, { network: context.network, clientId: context.application.clientId });
    if (refused) return { outcome: "too-often", wait: refused.wait };
    const known = await this.#deps.guests.findOwner(address);
    const admitted = await this.#deps.admission.admitsAddress(context.application, address, known);
    const reader = { recipient: known?.recorded ?? address.typed, locale: known?.locale ?? null };
    const send = await transaction(this.#deps.db, async (trx) => {
      const dispatch = await this.#enqueue(trx, context, address, reader, admitted);
      if (dispatch) await this.#record(trx, context, "sign-in.code-asked", known?.sub, { admitted });
      return dispatch;
    });
    if (!send) return { outcome: "over" };
    send();
    this.#deps.observe({ of: "code", outcome: "asked" });
    return { outcome: "asked" };
  }

  /** Checks a typed code; a correct one proves the mailbox it was sent to, and the first correct one of the interaction leads in. */
  async verifyPasscode(context: SignInContext, typed: string): Promise<VerifyOutcome> {
    const result = await this.#verify(context, typed);
    this.#deps.observe({ of: "code", outcome: result.outcome });
    if (result.outcome === "accepted") this.#deps.observe({ of: "sign-in", outcome: "finished" });
    if (result.outcome === "not-admitted" || result.outcome === "locked") this.#deps.observe({ of: "sign-in", outcome: "refused" });
    return result;
  }

  async #verify(context: SignInContext, typed: string): Promise<VerifyOutcome> {
    const { application, language, network } = context;
    const attempt = await this.#attempt(context, typed);
    if (attempt.outcome !== "matched") {
      if (attempt.outcome === "wrong" || attempt.outcome === "locked" || attempt.outcome === "too-many") {
        const details = { outcome: attempt.outcome, ...("left" in attempt && { left: attempt.left }) };
        await this.#record(this.#deps.db, context, "sign-in.code-refused", undefined, details);
      }
      return attempt;
    }
    const address = parseAddress(attempt.address) as Address;
    // A code that comes back proves the mailbox, whoever is let in; but only who is let in is recorded.
    const proof = await this.#deps.guests.proveMailbox(address, {
      record: records(application) && (await this.#deps.admission.admitsAddress(application, address, undefined)),
      locale: language,
      by: actorOf(context),
      from: this.#deps.limits.mark(address, network),
    });
    if (!proof || !(await this.#deps.admission.admitsAddress(application, address, proof))) return { outcome: "not-admitted" };
    const first = await transaction(this.#deps.db, (trx) => this.#leadIn(trx, context, proof));
    return first ? { outcome: "accepted", sub: proof.sub } : { outcome: "used" };
  }

  /**
   * Tries the code. Where too many were tried for the address, only a right one from a network that the mailbox was proven from before is
   * taken nevertheless: an attacker who guesses sees no difference, and the guest is not locked out.
   */
  async #attempt({ interaction, network }: SignInContext, typed: string): Promise<Attempt | { outcome: "too-many"; wait: number }> {
    const attempt = await this.#deps.passcodes.attempt(interaction, typed);
    if (!("addresses" in attempt) || attempt.addresses.length === 0) return attempt;
    const refused = await this.#deps.limits.attempt(attempt.addresses.map((address) => parseAddress(address) as Address));
    if (!refused) return attempt;
    if (attempt.outcome === "matched") {
      const address = parseAddress(attempt.address) as Address;
      const mark = this.#deps.limits.mark(address, network);
      if (mark !== undefined && (await this.#deps.guests.wasProvenFrom(address, mark))) return attempt;
    }
    return { outcome: "too-many", wait: refused.wait };
  }

  /** @returns true for exactly one of the submissions of a right code */
  async #leadIn(trx: Db, context: SignInContext, { sub, provenAt, openInvitations }: Proof): Promise<boolean> {
    if (!(await this.#deps.passcodes.claim(trx, context.interaction, sub))) return false;
    if (openInvitations > 0) await this.#deps.invitations.redeem(trx, context.application.clientId, sub, provenAt, actorOf(context, sub));
    await this.#record(trx, context, "sign-in.proven", sub);
    return true;
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

  #record(trx: Db, context: SignInContext, action: AuditAction, guestSub?: string, details: object = {}): Promise<void> {
    const guest = guestSub === undefined ? {} : { guestSub };
    return this.#deps.audit.record(trx, {
      action,
      by: actorOf(context, guestSub),
      clientId: context.application.clientId,
      details,
      ...guest,
    });
  }
}

function actorOf({ network }: SignInContext, sub?: string): Actor {
  return { who: sub === undefined ? "guest" : `guest:${sub}`, channel: "sign-in", network };
}
