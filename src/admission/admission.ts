// Who gets in where. One decision for asking for a code, proving a mailbox, every authorization and every use of a token.
import type { Application } from "../applications/application.ts";
import type { Clock } from "../clock.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { Invitations } from "../invitations/invitations.ts";
import { matchesDomain, type Settings, type SettingsService } from "../settings/settings.ts";

export interface AdmissionDeps {
  clock: Clock;
  guests: Guests;
  invitations: Invitations;
  settings: SettingsService;
}

export class Admission {
  readonly #deps: AdmissionDeps;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /** Whether someone who proves this address (of this guest, if there is one) may sign in to the application. */
  async admitsAddress(application: Application, address: { domain: string }, guest: Guest | undefined): Promise<boolean> {
    const settings = await this.#deps.settings.get();
    if (!allowsDomain(settings, application, address.domain)) return false;
    return guest ? this.#admitsGuest(application, guest, [address.domain]) : records(application);
  }

  /** Whether a guest who is signed in may go to the application: at its authorization, and whenever one of its tokens is used. */
  async admits(application: Application, guest: Guest): Promise<boolean> {
    const settings = await this.#deps.settings.get();
    if (!hasLists(settings, application)) return this.#admitsGuest(application, guest, []);
    const domains = (await this.#deps.guests.aliases(guest.sub)).filter((alias) => alias.verifiedAt !== null).map((alias) => alias.domain);
    const allowed = domains.filter((domain) => allowsDomain(settings, application, domain));
    return allowed.length > 0 && this.#admitsGuest(application, guest, allowed);
  }

  /** Whether mail for the application may go to addresses of this domain. */
  async allowsInviting(application: Application, domain: string): Promise<boolean> {
    return allowsDomain(await this.#deps.settings.get(), application, domain);
  }

  async #admitsGuest(application: Application, guest: Guest, domains: string[]): Promise<boolean> {
    if (guest.state === "suspended" || (guest.expiresAt !== null && guest.expiresAt <= this.#deps.clock.now())) return false;
    if (application.admission === "invited") return this.#deps.invitations.hasLive(application.clientId, guest.sub);
    if (application.admission === "domains") return domains.some((domain) => matchesDomain(application.policy.allowDomains, domain));
    return true;
  }
}

/** Whether someone whom nobody knows is recorded on first proof. */
export function records(application: Application): boolean {
  return application.admission === "anyone" || application.admission === "domains";
}

function hasLists(settings: Settings, { policy }: Application): boolean {
  return [settings.allowDomains, settings.denyDomains, policy.allowDomains, policy.denyDomains].some((list) => list.length > 0);
}

/** `domains` without a list admits nobody. */
function allowsDomain(settings: Settings, { admission, policy }: Application, domain: string): boolean {
  if (matchesDomain(settings.denyDomains, domain) || matchesDomain(policy.denyDomains, domain)) return false;
  if (settings.allowDomains.length > 0 && !matchesDomain(settings.allowDomains, domain)) return false;
  const listed = policy.allowDomains.length > 0 || admission === "domains";
  return !listed || matchesDomain(policy.allowDomains, domain);
}
