// The use case behind the screens: ask for a code, prove a mailbox with it.
// It does not reveal whether an address is known: every address takes the same work and gets one mail.
import type { Knex } from "knex";
import { type Admission, records } from "../admission/admission.ts";
import type { Application } from "../applications/application.ts";
import type { AuditAction } from "../audit/actions.ts";
import type { Actor, Audit } from "../audit/audit.ts";
import { type Db, transaction } from "../database/database.ts";
import { type Address, keyOf, parseAddress } from "../guests/address.ts";
import type { Guests, Proof } from "../guests/guests.ts";
import type { Invitations } from "../invitations/invitations.ts";
import type { Observe } from "../observations.ts";
import type { Attempt, PasscodeProgress, Passcodes } from "../passcodes/passcodes.ts";
import type { FreshProof } from "../passkeys/passkeys.ts";
import type { Account, AccountToLink } from "../upstream/account.ts";
import type { KnownBrowsers } from "./known-browsers.ts";
import type { SignInLimits } from "./sign-in-limits.ts";

/** One sign-in in one browser, as the screens know it. */
export interface SignInContext {
  /** The interaction's identifier. */
  interaction: string;
  /** When the interaction ends, milliseconds since the epoch. */
  endsAt: number;
  application: Application;
  /** The language of the screens (BCP 47). It never depends on the directory: a stranger who types an address reads them. */
  language: string;
  /** The browser's network (/24 or /64). */
  network: string | null;
  /** The browser's own record of the addresses that it is known for; "" if there is none. */
  kept: string;
  /** The language that the application asked for, where there are texts in it. */
  applicationLanguage: string | undefined;
  /** The browser's User-Agent header; "" if it sent none. */
  userAgent: string;
  /** The browser's country according to the proxy (ISO 3166-1 alpha-2), if it names one. */
  country: string | undefined;
  toLink: AccountToLink | undefined;
}

/** A mail that the sign-in wants sent; the function that receives it enqueues it in the same transaction. */
export type SignInMail = {
  recipient: string;
  /** The guest's own language (BCP 47), where one is known. */
  locale: string | null;
  context: SignInContext;
  expiresAt: number;
  passcodeId: string;
  /** Anybody may have typed the address. */
  byVisitor: boolean;
  /** The mail to somebody who is not admitted takes as much work as one with a code, but contains none. */
  kind: "passcode" | "not-admitted";
  code: string;
};

export type RequestOutcome =
  | { outcome: "asked" }
  /** Nothing was sent, whether or not the address is known, because of a limit. It lasts for this long (milliseconds). */
  | { outcome: "too-often"; wait: number }
  | { outcome: "not-an-address" }
  /** The tries are spent or a code was used: no code could work any more, so none is sent. */
  | { outcome: "over" };
export type VerifyOutcome =
  /** `address` as typed when the code was asked for; `fresh` is the proof, if a passkey may be made from it. */
  | { outcome: "accepted"; sub: string; address: string; fresh: FreshProof | undefined }
  /** The code was right, but meanwhile the guest was suspended or the application admits them no longer. */
  | { outcome: "not-admitted"; address: string }
  /** Right or wrong, it was not accepted: too many were tried for the address. Milliseconds until codes are accepted again. */
  | { outcome: "too-many"; wait: number }
  | { outcome: "wrong"; left: number }
  | { outcome: "malformed"; digits: number }
  | { outcome: "expired" | "locked" | "used" | "not-asked" };

/** Where an interaction stands once a code was asked for. */
export interface Progress extends PasscodeProgress {
  /** Milliseconds until another code can be asked for, as far as that is known. */
  untilNextCode: number;
}

interface Proving {
  from: string | undefined;
  action: AuditAction;
  details?: object;
  leadsIn(trx: Db, proof: Proof): Promise<boolean>;
}

export interface SignInDeps {
  db: Knex;
  guests: Guests;
  passcodes: Passcodes;
  limits: SignInLimits;
  knownBrowsers: KnownBrowsers;
  invitations: Invitations;
  admission: Admission;
  audit: Audit;
  observe: Observe;
  /** Whether a passkey may be made from the proof that a code for the address is about to give. */
  mayEnrol(context: SignInContext, address: Address): Promise<boolean>;
  /** Links an account at a provider to the mailbox that is proven. */
  linkAccount(trx: Db, account: Account, proof: Proof, by: Actor): Promise<void>;
  /** Enqueues the mail in the transaction. @returns what to do once the transaction is committed: send it */
  enqueue(trx: Db, mail: SignInMail): Promise<() => void>;
}

export class SignIn {
  readonly #deps: SignInDeps;

  constructor(deps: SignInDeps) {
    this.#deps = deps;
  }

  /** The state of the interaction: undefined until a code was asked for. */
  async progress(interaction: string): Promise<Progress | undefined> {
    const progress = await this.#deps.passcodes.progress(interaction);
    return progress && { ...progress, untilNextCode: this.#deps.limits.untilNextCode(progress.askedAt) };
  }

  /**
   * Mails a code, or says by mail that this address is not admitted; the caller cannot tell which.
   * @param byGuest the browser has a session of the guest whose address it is
   */
  async requestPasscode(context: SignInContext, typed: string, { byGuest = false } = {}): Promise<RequestOutcome> {
    const address = parseAddress(typed);
    if (!address) return { outcome: "not-an-address" };
    // Decided before anything is looked up: only what the browser kept matters, not whose address it is.
    const counting = await this.#deps.limits.code(address, {
      network: context.network,
      clientId: context.application.clientId,
      browser: this.#deps.knownBrowsers.kindOf(context.kept, address),
    });
    if (counting.outcome === "refused") return { outcome: "too-often", wait: counting.wait };
    const send = await this.#mail(context, address, counting.spent, byGuest).catch(async (error: unknown) => {
      await counting.giveBack();
      throw error;
    });
    if (!send) {
      await counting.giveBack();
      return { outcome: "over" };
    }
    send();
    this.#deps.observe({ of: "code", outcome: "asked" });
    return { outcome: "asked" };
  }

  /**
   * Checks a typed code; a correct one proves the mailbox it was sent to, and the first correct one of the interaction leads in.
   * @param shows whether it is the address on the page, as it was typed
   */
  async verifyPasscode(context: SignInContext, typed: string, shows: (address: string) => boolean): Promise<VerifyOutcome> {
    const result = await this.#verify(context, typed, shows);
    this.#deps.observe({ of: "code", outcome: result.outcome });
    if (result.outcome === "accepted") this.#deps.observe({ of: "sign-in", outcome: "finished" });
    if (result.outcome === "not-admitted" || result.outcome === "locked") this.#deps.observe({ of: "sign-in", outcome: "refused" });
    return result;
  }

  async #verify(context: SignInContext, typed: string, shows: (address: string) => boolean): Promise<VerifyOutcome> {
    const attempt = await this.#attempt(context, typed, shows);
    switch (attempt.outcome) {
      case "matched":
        return this.#verified(context, attempt.address).catch(async (error: unknown) => {
          await attempt.giveBack();
          throw error;
        });
      case "wrong":
        await this.#recordRefused(context, { outcome: "wrong", left: attempt.left });
        return { outcome: "wrong", left: attempt.left };
      case "spent":
      case "locked":
        await this.#recordRefused(context, { outcome: "locked" });
        return { outcome: "locked" };
      case "too-many":
        await this.#recordRefused(context, { outcome: "too-many" });
        return attempt;
      case "expired":
        return { outcome: "expired" };
      default:
        return attempt;
    }
  }

  /** A correct code proves the mailbox; the first of its submissions leads in. */
  async #verified(context: SignInContext, typed: string): Promise<VerifyOutcome> {
    const { interaction, network, toLink } = context;
    const address = parseAddress(typed) as Address;
    const mayEnrol = await this.#deps.mayEnrol(context, address);
    const proof = await this.prove(context, address, {
      from: this.#deps.limits.mark(address, network),
      action: "sign-in.proven",
      leadsIn: async (trx, proven) => {
        if (!(await this.#deps.passcodes.claim(trx, interaction, proven.sub))) return false;
        if (toLink && keyOf(toLink.address) === address.key)
          await this.#deps.linkAccount(trx, toLink, proven, actorOf(context, proven.sub));
        return true;
      },
    });
    if (proof === "not-admitted") return { outcome: proof, address: typed };
    if (proof === "used") return { outcome: proof };
    const { sub, mailboxId, provenAt: at } = proof;
    return { outcome: "accepted", sub, address: typed, fresh: mayEnrol ? { mailboxId, sub, at } : undefined };
  }

  /**
   * The mailbox is proven, even if the guest is not admitted; but only admitted guests are recorded.
   * @param from the mark of the network that it is proven from, by which to recognise it later
   * @param leadsIn in the transaction of what comes of it; false where another request was first
   */
  async prove(
    context: SignInContext,
    address: Address,
    { from, action, details, leadsIn }: Proving,
  ): Promise<Proof | "not-admitted" | "used"> {
    const { application, language } = context;
    const proof = await this.#deps.guests.proveMailbox(address, {
      record: records(application) && (await this.#deps.admission.admitsAddress(application, address, undefined)),
      locale: language,
      by: actorOf(context),
      from,
    });
    if (!proof || !(await this.#deps.admission.admitsAddress(application, address, proof))) return "not-admitted";
    const { sub, provenAt, openInvitations } = proof;
    const first = await transaction(this.#deps.db, async (trx) => {
      if (!(await leadsIn(trx, proof))) return false;
      if (openInvitations > 0) await this.#deps.invitations.redeem(trx, application.clientId, sub, provenAt, actorOf(context, sub));
      await this.#record(trx, context, action, sub, details);
      return true;
    });
    return first ? proof : "used";
  }

  /**
   * Tries the code. If too many were tried for the address, two kinds of right codes are still accepted: a long one, which cannot be
   * guessed, and one from a network that the mailbox was proven from before. An attacker who guesses sees no difference, and the guest
   * is not locked out.
   */
  async #attempt(
    { interaction, network }: SignInContext,
    typed: string,
    shows: (address: string) => boolean,
  ): Promise<Attempt | { outcome: "too-many"; wait: number }> {
    const attempt = await this.#deps.passcodes.attempt(interaction, typed, shows);
    if (!("giveBack" in attempt)) return attempt;
    const address = parseAddress(attempt.address) as Address;
    try {
      const counting = await this.#deps.limits.attempt(address);
      if (counting.outcome === "counted") return { ...attempt, giveBack: () => bothBack(attempt, counting) };
      if (attempt.long) return attempt;
      if (attempt.outcome === "matched") {
        for (const mark of this.#deps.limits.marks(address, network))
          if (await this.#deps.guests.wasProvenFrom(address, mark)) return attempt;
      }
      return { outcome: "too-many", wait: counting.wait };
    } catch (error) {
      // Nothing was revealed about the code: a try that could not be counted does not happen.
      await attempt.giveBack();
      throw error;
    }
  }

  async #mail(context: SignInContext, address: Address, long: boolean, byGuest: boolean): Promise<(() => void) | undefined> {
    const known = await this.#deps.guests.findOwner(address);
    const admitted = await this.#deps.admission.admitsAddress(context.application, address, known);
    const reader = { recipient: known?.recorded ?? address.typed, locale: known?.locale ?? null, byVisitor: !byGuest };
    return transaction(this.#deps.db, async (trx) => {
      const send = await this.#enqueue(trx, context, address, reader, { admitted, long });
      if (send) await this.#record(trx, context, "sign-in.code-asked", known?.sub, { admitted });
      return send;
    });
  }

  async #enqueue(
    trx: Db,
    context: SignInContext,
    address: Address,
    reader: Pick<SignInMail, "recipient" | "locale" | "byVisitor">,
    { admitted, long }: { admitted: boolean; long: boolean },
  ): Promise<(() => void) | undefined> {
    const { interaction, endsAt } = context;
    const issued = await this.#deps.passcodes.issue(trx, { interaction, address: address.typed, endsAt, decoy: !admitted, long });
    if (!issued) return undefined;
    const kind = admitted ? "passcode" : "not-admitted";
    return this.#deps.enqueue(trx, { ...reader, context, expiresAt: endsAt, passcodeId: issued.id, kind, code: issued.code });
  }

  #recordRefused(context: SignInContext, details: object): Promise<void> {
    return this.#record(this.#deps.db, context, "sign-in.code-refused", undefined, details);
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

export function actorOf({ network }: SignInContext, sub?: string): Actor {
  return { who: sub === undefined ? "guest" : `guest:${sub}`, channel: "sign-in", network };
}

async function bothBack(...counted: { giveBack(): Promise<void> }[]): Promise<void> {
  for (const { giveBack } of counted) await giveBack();
}
