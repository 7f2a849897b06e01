// Explains why a guest can or cannot sign in to an application: finds the first obstacle, in the order in which a sign-in checks.
import type { Application } from "../applications/application.ts";
import type { Clock } from "../clock.ts";
import { type Address, keyOf, parseAddress } from "../guests/address.ts";
import { type Alias, type Guest, isWelcome } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import { type Invitation, isLive } from "../invitations/invitation.ts";
import type { Invitations } from "../invitations/invitations.ts";
import type { Refusal } from "../limits/limits.ts";
import type { Rule } from "../reverification/deadline.ts";
import type { Settings, SettingsService } from "../settings/settings.ts";
import { type Admission, records } from "./admission.ts";
import { type DomainRule, refusing } from "./domains.ts";
import type { Right } from "./standing.ts";

export interface AccessExplainerDeps {
  clock: Clock;
  admission: Admission;
  guests: Guests;
  invitations: Invitations;
  settings: SettingsService;
  /** The limit that keeps an unknown browser from getting a code for the address. */
  limits: { look(address: Address, clientId: string): Promise<Refusal | undefined> };
}

/** The subject of the question: a guest (by any address, or by a given one), or an address that belongs to no guest. */
export type Asked = { guest: Guest; address?: Address | undefined } | { guest?: undefined; address: Address };

export type Access =
  /** Nothing is in the way. */
  | { reason: "admitted"; right: Right }
  /** A code opens the door. @param rule the one by which the proof is over; undefined if the mailbox was never proven */
  | { reason: "due"; address: string; rule: Rule | undefined }
  | { reason: "suspended"; why: string | null }
  | { reason: "record-ended"; at: number }
  | { reason: "domain"; domain: string; address: string; rule: DomainRule }
  /** The invitation went to another mailbox of the guest. */
  | { reason: "other-address"; address: string; invitation: Invitation }
  | { reason: "not-invited" }
  | { reason: "invitation-over"; invitation: Invitation; over: InvitationEnd; at: number }
  /** Only recorded guests get in. */
  | { reason: "not-a-guest" }
  | { reason: "mailbox-refuses"; address: string; words: string; since: number }
  | { reason: "limit"; address: string; limit: string; wait: number };

type InvitationEnd = "revoked" | "not-redeemed" | "access-ended";

/** The newest ones show what was last in force. */
const mostInvitations = 100;

export class AccessExplainer {
  readonly #deps: AccessExplainerDeps;

  constructor(deps: AccessExplainerDeps) {
    this.#deps = deps;
  }

  async explain(application: Application, asked: Asked): Promise<Access> {
    const { settings } = await this.#deps.settings.read();
    if (!asked.guest) return this.#stranger(settings, application, asked.address);
    const { guest } = asked;
    if (guest.state === "suspended") return { reason: "suspended", why: guest.suspendedReason };
    if (!isWelcome(guest, this.#deps.clock.now())) return { reason: "record-ended", at: guest.expiresAt ?? 0 };
    const aliases = await this.#deps.guests.aliases(guest.sub);
    const typed = asked.address && aliases.find(({ address }) => keyOf(address) === asked.address?.key);
    const inTheWay =
      application.admission === "invited"
        ? await this.#noInvitation(settings, application, guest, typed)
        : refusedDomain(settings, application, typed ? [typed] : aliases);
    if (inTheWay) return inTheWay;
    const standing = await this.#deps.admission.standing(application, guest);
    const allowed = aliases.filter(({ domain }) => refusing(settings, application, domain) === undefined);
    const usual = standing.outcome === "refused" ? allowed[0]?.address : standing.address;
    const address = typed?.address ?? usual ?? guest.email;
    const noCode = await this.#noCode(application, address, aliases);
    if (noCode) return noCode;
    if (standing.outcome === "admitted") return { reason: "admitted", right: standing };
    const proven = aliases.some((alias) => alias.address === address && alias.verifiedAt !== null);
    return { reason: "due", address, rule: standing.outcome === "due" && proven ? standing.rule : undefined };
  }

  async #stranger(settings: Settings, application: Application, address: Address): Promise<Access> {
    const rule = refusing(settings, application, address.domain);
    if (rule) return { reason: "domain", domain: address.domain, address: address.typed, rule };
    if (application.admission === "invited") return { reason: "not-invited" };
    if (!records(application)) return { reason: "not-a-guest" };
    return (await this.#noCode(application, address.typed, [])) ?? { reason: "due", address: address.typed, rule: undefined };
  }

  /** @param typed the one address that is asked about */
  async #noInvitation(settings: Settings, application: Application, guest: Guest, typed: Alias | undefined): Promise<Access | undefined> {
    const now = this.#deps.clock.now();
    const filter = { clientId: application.clientId, guestSub: guest.sub };
    const { invitations } = await this.#deps.invitations.list(filter, mostInvitations);
    const live = invitations.filter((each) => isLive(each, now));
    const refused = live.map((each) => refusedDomain(settings, application, [addressOf(each)]));
    const open = live.filter((_, index) => refused[index] === undefined);
    const [first] = open;
    if (first && (!typed || open.some(({ mailboxId }) => mailboxId === typed.mailboxId))) return undefined;
    if (first && typed) return { reason: "other-address", address: typed.address, invitation: first };
    const [newest] = invitations;
    return refused[0] ?? (newest ? overOf(newest, now) : { reason: "not-invited" });
  }

  /** A code is asked for in every browser where the guest is not signed in. */
  async #noCode(application: Application, address: string, aliases: Alias[]): Promise<Access | undefined> {
    const refused = aliases.find((alias) => alias.address === address)?.undeliverable;
    if (refused) return { reason: "mailbox-refuses", address, words: refused.reason, since: refused.since };
    const parsed = parseAddress(address);
    const spent = parsed && (await this.#deps.limits.look(parsed, application.clientId));
    return spent && { reason: "limit", address, ...spent };
  }
}

/** If all of the addresses are refused, the first one. */
function refusedDomain(settings: Settings, application: Application, addresses: { address: string; domain: string }[]): Access | undefined {
  const rules = addresses.map(({ domain }) => refusing(settings, application, domain));
  const [[first], [rule]] = [addresses, rules];
  return first && rule && !rules.includes(undefined) ? { reason: "domain", ...first, rule } : undefined;
}

function addressOf({ address }: Invitation): { address: string; domain: string } {
  return { address, domain: parseAddress(address)?.domain ?? "" };
}

function overOf(invitation: Invitation, now: number): Access {
  const { accessEndsAt, redeemBy, revokedAt } = invitation;
  if (revokedAt !== null) return { reason: "invitation-over", invitation, over: "revoked", at: revokedAt };
  if (accessEndsAt !== null && accessEndsAt <= now)
    return { reason: "invitation-over", invitation, over: "access-ended", at: accessEndsAt };
  return { reason: "invitation-over", invitation, over: "not-redeemed", at: redeemBy };
}
