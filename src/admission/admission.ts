// Decides where a guest is admitted, and until when. Requests for codes, authorizations and uses of tokens all make the same decision.

import type { Application } from "../applications/application.ts";
import type { Clock } from "../clock.ts";
import { type Address, keyOf, parseAddress } from "../guests/address.ts";
import { type Alias, type Guest, isWelcome, type Welcome } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import { type Invitation, isLive } from "../invitations/invitation.ts";
import type { Invitations } from "../invitations/invitations.ts";
import { deadline, proofBy, type Rule, rulesOf } from "../reverification/deadline.ts";
import type { Settings, SettingsService } from "../settings/settings.ts";
import { allowsAddress, allowsDomain, hasLists } from "./domains.ts";
import { deadlineOf, periodsOf } from "./periods.ts";
import type { GrantedInvitation, LastingStanding, Right, Standing } from "./standing.ts";
import { type Grade, gradeOf, type PasskeySetting, type Way } from "./ways.ts";

export interface AdmissionDeps {
  clock: Clock;
  guests: Guests;
  invitations: Invitations;
  settings: SettingsService;
  passkeys: PasskeySetting;
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

  /** What a way into the application is worth. */
  gradeOf(application: Application, way: Way): Grade {
    return gradeOf(way, application, this.#deps);
  }

  /** Whether someone who proves this address (of this guest, if there is one) may sign in to the application. */
  async admitsAddress(application: Application, address: Address, guest: Welcome | undefined): Promise<boolean> {
    const settings = await this.#deps.settings.get();
    const allowed = allowsDomain(settings, application, address.domain);
    // An invitation is satisfied only by proof of its own mailbox. Read for every guest, so that each answer takes the same work.
    const invited = application.admission !== "invited" || (await this.#deps.invitations.hasLiveFor(application.clientId, address));
    if (application.own) return guest !== undefined && guest.state !== "suspended";
    if (!allowed || !invited) return false;
    return guest ? isWelcome(guest, this.#deps.clock.now()) : records(application);
  }

  /** Where a guest stands now: asked at every authorization and whenever a token of the application is used. */
  async standing(application: Application, guest: Guest): Promise<Standing> {
    const settings = await this.#deps.settings.get();
    return this.#standing(settings, application, guest, () => this.#liveInvitations(settings, application, guest));
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
   * Where many guests stand, in a few statements, by sub.
   * @param fresh the settings as they are stored, with their version, which is when they were last changed
   */
  async standings(
    application: Application,
    guests: Guest[],
    { settings, version }: { settings: Settings; version: number },
  ): Promise<Map<string, LastingStanding>> {
    const now = this.#deps.clock.now();
    const needsInvitation = application.admission === "invited";
    const subs = guests.map(({ sub }) => sub);
    const held = needsInvitation ? await this.#deps.invitations.heldBy(application.clientId, subs) : [];
    const bySub = Map.groupBy(held, ({ guestSub }) => guestSub);
    const lists = hasLists(settings, application);
    const listed = Math.max(version, application.updatedAt);
    const standings = new Map<string, LastingStanding>();
    for (const guest of guests) {
      const own = (bySub.get(guest.sub) ?? []).map((invitation) => ({
        invitation,
        allowed: !lists || allowsAddress(settings, application, invitation.address),
      }));
      const live = own.filter(({ invitation, allowed }) => allowed && isLive(invitation, now)).map(({ invitation }) => invitation);
      const periods = periodsOf(settings, application, guest);
      const lapses = own.map(({ invitation, allowed }) => {
        const { at } = deadlineOf(invitation, periods, now);
        return allowed ? at : Math.min(at, listed);
      });
      standings.set(guest.sub, { standing: await this.#standing(settings, application, guest, async () => live), lapses });
    }
    return standings;
  }

  /** The rule for everybody there, apart from those of a guest or an invitation. */
  async ruleFor({ policy }: Application): Promise<Rule> {
    const { reverificationDays } = await this.#deps.settings.get();
    return deadline(0, rulesOf({ settings: reverificationDays, application: policy.reverificationDays })).rule;
  }

  /** The guest goes to the application: invitations that are pending and whose mailbox is proven are redeemed. */
  async enter(application: Application, guest: Guest, { invitations }: { invitations: GrantedInvitation[] }): Promise<void> {
    const pending = invitations.filter(({ invitation }) => invitation.redeemedAt === null);
    const provenSince = Math.min(...pending.map(({ invitation }) => invitation.verifiedAt ?? Number.POSITIVE_INFINITY));
    if (pending.length > 0) await this.#deps.invitations.redeemProven(application.clientId, guest.sub, provenSince);
  }

  /** A live invitation, sent to this address of the guest, whose mailbox must be proven again. */
  async dueFor(
    application: Application,
    guest: Guest,
    address: Address,
  ): Promise<{ rule: Rule; address: string; unproven: boolean } | undefined> {
    const settings = await this.#deps.settings.get();
    const periods = periodsOf(settings, application, guest);
    const live = await this.#liveInvitations(settings, application, guest);
    const invitation = live.find((each) => parseAddress(each.address)?.key === address.key);
    if (!invitation) return undefined;
    const now = this.#deps.clock.now();
    const { at, rule } = deadlineOf(invitation, periods, now);
    return at <= now ? { rule, address: invitation.address, unproven: invitation.verifiedAt === null } : undefined;
  }

  /**
   * Whether the application knows the guest by this address: it is the primary one, or the application's invitation went there. To the
   * application, any other alias belongs to nobody, so nothing about it is revealed.
   */
  async knowsAs(application: Application, guest: Guest, address: Address): Promise<boolean> {
    if (keyOf(guest.email) === address.key) return true;
    const live = await this.#deps.invitations.liveOf(application.clientId, guest.sub);
    return live.some((invitation) => keyOf(invitation.address) === address.key);
  }

  async #standing(
    settings: Settings,
    application: Application,
    guest: Guest,
    liveInvitations: () => Promise<Invitation[]>,
  ): Promise<Standing> {
    if (application.own) return this.#atOwnPage(settings, guest);
    if (!isWelcome(guest, this.#deps.clock.now())) return { outcome: "refused" };
    return application.admission === "invited"
      ? this.#byInvitation(settings, application, guest, await liveInvitations())
      : this.#byProof(settings, application, guest);
  }

  /** Guests whose access has ended, or whose domain is refused, still see what is held about them. */
  #atOwnPage(settings: Settings, guest: Guest): Standing {
    if (guest.state === "suspended") return { outcome: "refused" };
    const now = this.#deps.clock.now();
    const rules = rulesOf({ settings: settings.reverificationDays, guest: guest.reverificationDays });
    const until = deadline(proofBy(now, guest.provenAt), rules);
    if (until.at > now) return { outcome: "admitted", deadline: until, address: guest.email, invitations: [] };
    return { outcome: "due", rule: until.rule, address: guest.email, unproven: guest.provenAt === null };
  }

  #byInvitation(settings: Settings, application: Application, guest: Guest, invited: Invitation[]): Standing {
    const now = this.#deps.clock.now();
    const periods = periodsOf(settings, application, guest);
    const live = invited.map((invitation) => ({
      invitation,
      deadline: deadlineOf(invitation, periods, now),
    }));
    const latest = live.reduce<GrantedInvitation | undefined>(
      (best, each) => (best && best.deadline.at >= each.deadline.at ? best : each),
      undefined,
    );
    if (!latest) return { outcome: "refused" };
    const invitations = live.filter(({ deadline: { at } }) => at > now);
    const { address, verifiedAt } = latest.invitation;
    if (invitations.length > 0) return { outcome: "admitted", deadline: latest.deadline, address, invitations };
    return { outcome: "due", rule: latest.deadline.rule, address, unproven: verifiedAt === null };
  }

  async #byProof(settings: Settings, application: Application, guest: Guest): Promise<Standing> {
    const proof = await this.#lastProof(settings, application, guest);
    if (!proof) return { outcome: "refused" };
    const periods = periodsOf(settings, application, guest);
    const until = deadline(proof.at, rulesOf(periods), periods.ends);
    if (until.at > this.#deps.clock.now()) return { outcome: "admitted", deadline: until, address: proof.address, invitations: [] };
    return { outcome: "due", rule: until.rule, address: proof.address, unproven: proof.at === 0 };
  }

  /** Any mailbox will do where no domain is refused; otherwise one behind an address that may sign in. If the latest proof does not count, an older one may. */
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

  /** Refusing a domain takes away the access of those who were invited there. */
  async #liveInvitations(settings: Settings, application: Application, guest: Guest): Promise<Invitation[]> {
    const live = await this.#deps.invitations.liveOf(application.clientId, guest.sub);
    if (!hasLists(settings, application)) return live;
    return live.filter((invitation) => allowsAddress(settings, application, invitation.address));
  }
}

/** Whether an unknown person is recorded on first proof. */
export function records(application: Application): boolean {
  return application.admission === "anyone" || application.admission === "domains";
}
