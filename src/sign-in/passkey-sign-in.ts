// Signing in with a passkey, between two codes: it identifies the guest. Access still depends on the mailbox.
import type { Admission } from "../admission/admission.ts";
import type { PasskeySetting } from "../admission/ways.ts";
import type { Audit } from "../audit/audit.ts";
import type { Address } from "../guests/address.ts";
import type { Guests } from "../guests/guests.ts";
import type { Limits } from "../limits/limits.ts";
import { parseRates, type Rate, type WrittenRates } from "../limits/rate.ts";
import type { Observe } from "../observations.ts";
import type { PasskeyOptions } from "../passkeys/ceremonies.ts";
import type { FreshProof, GuestPasskeys } from "../passkeys/passkeys.ts";
import { actorOf, type SignInContext } from "./sign-in.ts";
import type { SignInLimits } from "./sign-in-limits.ts";

export interface PasskeySignInDeps {
  passkeys: GuestPasskeys;
  guests: Guests;
  admission: Admission;
  limits: Limits;
  marks: Pick<SignInLimits, "marks">;
  audit: Pick<Audit, "record">;
  observe: Observe;
  setting: PasskeySetting;
  triesPerNetwork: WrittenRates;
}

export type PasskeyOutcome =
  /** With the mailbox, and when a code last came back from it: milliseconds since the epoch. */
  | { outcome: "accepted"; sub: string; address: string; provenAt: number }
  /** The passkey belongs to a guest whom the application does not admit. */
  | { outcome: "not-admitted" }
  /** It belongs to nobody, no longer opens anything, or the answer is wrong. */
  | { outcome: "unknown" }
  /** Milliseconds until the network may try again. */
  | { outcome: "too-often"; wait: number };

export class PasskeySignIn {
  readonly #deps: PasskeySignInDeps;
  readonly #rates: Rate[];

  constructor(deps: PasskeySignInDeps) {
    this.#deps = deps;
    this.#rates = parseRates(deps.triesPerNetwork);
  }

  /** Whether it is a way into the application at all. */
  isOn({ application }: Pick<SignInContext, "application">): boolean {
    return this.#deps.admission.gradeOf(application, "passkey") !== "off";
  }

  /** The question of the first screen to a passkey: the same for every visitor. */
  options({ interaction }: SignInContext): Promise<PasskeyOptions> {
    return this.#deps.passkeys.requestOptions(interaction);
  }

  async signIn(context: SignInContext, response: unknown): Promise<PasskeyOutcome> {
    const { admission, guests, audit, observe, passkeys } = this.#deps;
    const { application, interaction } = context;
    if (!this.isOn(context)) return { outcome: "unknown" };
    const refused = await this.#tooMany(context);
    if (refused) return { outcome: "too-often", wait: refused.wait };
    const passkey = await passkeys.use(interaction, response, (trx, { id, sub, mailboxId }) =>
      audit.record(trx, {
        action: "sign-in.passkey",
        by: actorOf(context, sub),
        clientId: application.clientId,
        guestSub: sub,
        details: { mailbox: mailboxId, passkey: id },
      }),
    );
    const guest = passkey && (await guests.findBySub(passkey.sub));
    if (!guest) return { outcome: "unknown" };
    const { outcome } = await admission.standing(application, guest);
    observe({ of: "sign-in", outcome: outcome === "refused" ? "refused" : "finished" });
    if (outcome === "refused") return { outcome: "not-admitted" };
    return { outcome: "accepted", sub: guest.sub, address: passkey.address, provenAt: passkey.provenAt };
  }

  /**
   * Whether a passkey may be made if a code for the address comes back now. If the organisation wants that, not from a network that the
   * mailbox was not proven from before: a code that somebody was tricked into reading out must not become a lasting key. Ask this before
   * the mailbox is proven.
   */
  async mayEnrol({ application, network }: SignInContext, address: Address): Promise<boolean> {
    if (!this.isOn({ application })) return false;
    if (this.#deps.setting !== "known-networks") return true;
    for (const mark of this.#deps.marks.marks(address, network)) if (await this.#deps.guests.wasProvenFrom(address, mark)) return true;
    return false;
  }

  /** @returns undefined if the proof is no longer fresh */
  creationOptions({ interaction }: SignInContext, proof: FreshProof): Promise<{ address: string; options: PasskeyOptions } | undefined> {
    return this.#deps.passkeys.creationOptions(interaction, proof);
  }

  async enrol(context: SignInContext, proof: FreshProof, response: unknown): Promise<boolean> {
    if (!this.isOn(context) || (await this.#tooMany(context))) return false;
    const device = context.userAgent.slice(0, 500) || null;
    return this.#deps.passkeys.enrol(context.interaction, proof, response, device, actorOf(context, proof.sub));
  }

  #tooMany({ network }: SignInContext) {
    return this.#deps.limits.take([{ limit: "passkey-tries-per-network", rates: this.#rates, subject: network ?? "" }]);
  }
}
