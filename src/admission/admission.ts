// Who gets in where, and until when. One decision for asking for a code, every authorization and every use of a token.

import type { Application } from "../applications/application.ts";
import type { Clock } from "../clock.ts";
import { type Address, parseAddress } from "../guests/address.ts";
import { type Alias, type Guest, isWelcome, type Welcome } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { Invitation } from "../invitations/invitation.ts";
import type { Invitations } from "../invitations/invitations.ts";
import { deadline, proofBy, type Rule, rulesOf } from "../reverification/deadline.ts";
import type { Settings, SettingsService } from "../settings/settings.ts";
import { allowsAddress, allowsDomain, hasLists } from "./domains.ts";
import { deadlineOf, periodsOf } from "./periods.ts";
import type { GrantedInvitation, Right, Standing } from "./standing.ts";

export interface AdmissionDeps {
  clock: Clock;
  guests: Guests;
  invitations: Invitations;
  settings: SettingsService;
}

/** Proof of one address that counts for an application. */
export interface Proof extends Right {
  verifiedAt: number | null;
  /** The invitation that it is for, where the application needs one. */
  invitationId: string | null;
}

export class Admission {
  readonly #deps: AdmissionDeps;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /** Whether someone who proves this address (of this guest, if there is one) may sign in to the application. */
  async admitsAddress(application: Application, address: Address, guest: Welcome | undefined): Promise<boolean> {
    const settings = await this.#deps.settings.get();
    const allowed = allowsDomain(settings, application, address.domain);
    // An invitation is satisfied by proof of its own mailbox only. Asked whoever it is, so that the answer takes the same work.
    const invited = application.admission !== "invited" || (await this.#deps.invitations.hasLiveFor(application.clientId, address));
    if (!allowed || !invited) return false;
    return guest ? isWelcome(guest, this.#deps.clock.now()) : records(application);
  }

  /**
   * Where a guest stands now: asked at every authorization and whenever a token of the application is used.
   * @param fresh the settings as they are stored, for who must not decide by those of a second ago
   */
  async standing(application: Application, guest: Guest, fresh?: Settings): Promise<Standing> {
    const settings = fresh ?? (await this.#deps.settings.get());
    if (!isWelcome(guest, this.#deps.clock.now())) return { outcome: "refused" };
    return application.admission === "invited"
      ? this.#byInvitation(settings, application, guest)
      : this.#byProof(settings, application, guest);
  }

  /** Every proof that counts for the application, with its deadline: of each live invitation, or of each mailbox. */
  async proofs(application: Application, guest: Guest): Promise<Proof[]> {
    const { settings } = await this.#deps.settings.read();
    const now = this.#deps.clock.now();
    const periods = periodsOf(settings, application, guest);
    if (application.admission !== "invited") {
      const aliases = await this.#allowedAliases(settings, application, guest);
      return aliases.map((alias) => {
        const verifiedAt = proofBy(now, alias.verifiedAt);
        return {
          address: alias.address,
          verifiedAt,
          deadline: deadline(verifiedAt, rulesOf(periods), periods.ends),
          invitationId: null,
        };
      });
    }
    const live = await this.#liveInvitations(settings, application, guest);
    return live.map((each) => ({
      address: each.address,
      verifiedAt: proofBy(now, each.verifiedAt),
      deadline: deadlineOf(each, periods, now),
      invitationId: each.id,
    }));
  }

  /**
   * When the guest's invitations to the application lapse, or did (milliseconds since the epoch); none where none is needed.
   * @param version of the settings, which is when they were last changed
   */
  async deadlines(
    application: Application,
    guest: Guest,
    { settings, version }: { settings: Settings; version: number },
  ): Promise<number[]> {
    if (application.admission !== "invited") return [];
    const periods = periodsOf(settings, application, guest);
    const listed = Math.max(version, application.updatedAt);
    const held = await this.#deps.invitations.heldBy(application.clientId, guest.sub);
    return held.map((invitation) => {
      const { at } = deadlineOf(invitation, periods, this.#deps.clock.now());
      return allowsAddress(settings, application, invitation.address) ? at : Math.min(at, listed);
    });
  }

  /** The guest goes to the application: invitations that are pending and whose mailbox is proven are redeemed. */
  async enter(application: Application, guest: Guest, { invitations }: { invitations: GrantedInvitation[] }): Promise<void> {
    const pending = invitations.filter(({ invitation }) => invitation.redeemedAt === null);
    const provenSince = Math.min(...pending.map(({ invitation }) => invitation.verifiedAt ?? Number.POSITIVE_INFINITY));
    if (pending.length > 0) await this.#deps.invitations.redeemProven(application.clientId, guest.sub, provenSince);
  }

  /** A live invitation, sent to this address of the guest, whose mailbox has to be proven afresh. */
  async dueFor(application: Application, guest: Guest, address: Address): Promise<{ rule: Rule; address: string } | undefined> {
    const settings = await this.#deps.settings.get();
    const periods = periodsOf(settings, application, guest);
    const live = await this.#liveInvitations(settings, application, guest);
    const invitation = live.find((each) => parseAddress(each.address)?.key === address.key);
    if (!invitation) return undefined;
    const now = this.#deps.clock.now();
    const { at, rule } = deadlineOf(invitation, periods, now);
    return at <= now ? { rule, address: invitation.address } : undefined;
  }

  /** Whether mail for the application may go to addresses of this domain. */
  async allowsInviting(application: Application, domain: string): Promise<boolean> {
    return allowsDomain(await this.#deps.settings.get(), application, domain);
  }

  async #byInvitation(settings: Settings, application: Application, guest: Guest): Promise<Standing> {
    const now = this.#deps.clock.now();
    const periods = periodsOf(settings, application, guest);
    const live = (await this.#liveInvitations(settings, application, guest)).map((invitation) => ({
      invitation,
      deadline: deadlineOf(invitation, periods, now),
    }));
    const latest = live.reduce<GrantedInvitation | undefined>(
      (best, each) => (best && best.deadline.at >= each.deadline.at ? best : each),
      undefined,
    );
    if (!latest) return { outcome: "refused" };
    const invitations = live.filter(({ deadline: { at } }) => at > now);
    const { address } = latest.invitation;
    if (invitations.length > 0) return { outcome: "admitted", deadline: latest.deadline, address, invitations };
    return { outcome: "due", rule: latest.deadline.rule, address };
  }

  async #byProof(settings: Settings, application: Application, guest: Guest): Promise<Standing> {
    const proof = await this.#lastProof(settings, application, guest);
    if (!proof) return { outcome: "refused" };
    const periods = periodsOf(settings, application, guest);
    const until = deadline(proof.at, rulesOf(periods), periods.ends);
    if (until.at > this.#deps.clock.now()) return { outcome: "admitted", deadline: until, address: proof.address, invitations: [] };
    return { outcome: "due", rule: until.rule, address: proof.address };
  }

  /** Any mailbox will do where no domain is refused; otherwise one behind an address that may sign in. Where the latest proof counts for nothing, an older one may. */
  async #lastProof(settings: Settings, application: Application, guest: Guest): Promise<{ at: number; address: string } | undefined> {
    const now = this.#deps.clock.now();
    const latest = proofBy(now, guest.provenAt);
    if (!hasLists(settings, application) && latest === guest.provenAt) return { at: latest ?? 0, address: guest.email };
    const proofs = (await this.#allowedAliases(settings, application, guest))
      .filter(({ verifiedAt }) => verifiedAt !== null)
      .map(({ address, verifiedAt }) => ({ at: proofBy(now, verifiedAt) ?? 0, address }));
    return proofs.sort((one, other) => other.at - one.at)[0];
  }

  async #allowedAliases(settings: Settings, application: Application, guest: Guest): Promise<Alias[]> {
    const aliases = await this.#deps.guests.aliases(guest.sub);
    return aliases.filter(({ domain }) => allowsDomain(settings, application, domain));
  }

  /** A domain that is refused takes from those who were invited there what they were invited to. */
  async #liveInvitations(settings: Settings, application: Application, guest: Guest): Promise<Invitation[]> {
    const live = await this.#deps.invitations.liveOf(application.clientId, guest.sub);
    if (!hasLists(settings, application)) return live;
    return live.filter((invitation) => allowsAddress(settings, application, invitation.address));
  }
}

/** Whether someone whom nobody knows is recorded on first proof. */
export function records(application: Application): boolean {
  return application.admission === "anyone" || application.admission === "domains";
}
