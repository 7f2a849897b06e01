// Guests who have to prove a mailbox again before a given day: the database narrows the directory, deadline() decides.
import type { Application } from "../applications/application.ts";
import type { Applications } from "../applications/applications.ts";
import type { Clock } from "../clock.ts";
import type { Guest } from "../guests/guest.ts";
import type { Due, GuestFilter, Guests, Place } from "../guests/guests.ts";
import { type Deadline, deadline, endsOf, proofBy, rulesOf } from "../reverification/deadline.ts";
import type { SettingsService } from "../settings/settings.ts";

export interface DueGuestsDeps {
  clock: Clock;
  guests: Guests;
  applications: Applications;
  settings: SettingsService;
}

export interface DueGuest {
  guest: Guest;
  /** The one that comes first. */
  deadline: Deadline;
}

/** The rules of one question. */
interface Rules {
  settings: number;
  /** Own periods of the applications that need invitations. */
  invited: ReadonlyMap<string, number | null>;
  /** The strictest own period of those that need none; undefined if there is no such application. */
  open: { days: number | null } | undefined;
}

const everyApplication = 500;

export class DueGuests {
  readonly #deps: DueGuestsDeps;

  constructor(deps: DueGuestsDeps) {
    this.#deps = deps;
  }

  /**
   * Guests who may sign in, have proven a mailbox, and have to prove it again before the given moment (milliseconds since the
   * epoch) to be let in to an application. At an application that needs invitations the last of them counts, as when a guest signs in.
   * A page may be shorter than `limit` though there is a next one.
   * @param clientId the one application that is asked about; any of them without it
   */
  async list(
    { before, clientId }: { before: number; clientId?: string },
    filter: Omit<GuestFilter, "due" | "clientId">,
    limit: number,
    place?: Place,
  ): Promise<{ guests: DueGuest[]; next: Place | null }> {
    const { clock, guests } = this.#deps;
    const rules = await this.#rules(clientId);
    const openDays = rules.open ? Math.min(rules.settings, rules.open.days ?? rules.settings) : null;
    const due: Due = { before, now: clock.now(), days: rules.settings, openDays, clientId: clientId ?? null };
    // Where an invitation is needed, only its holders can come due.
    const invited = clientId === undefined || rules.open ? {} : { clientId };
    const page = await guests.list({ ...filter, ...invited, due }, limit, place);
    const proofs = await guests.invitedProofs(
      page.guests.map(({ sub }) => sub),
      due,
    );
    const decided = page.guests.map((guest) => {
      const own = proofs.filter(({ sub, verifiedAt }) => sub === guest.sub && proofBy(due.now, verifiedAt) !== null);
      const deadlines = [...invitedDeadlines(guest, own, rules), ...openDeadline(guest, proofBy(due.now, guest.provenAt), rules)];
      return { guest, deadline: deadlines.reduce((first, other) => (other.at < first.at ? other : first), none) };
    });
    return { guests: decided.filter((each) => each.deadline.at < before), next: page.next };
  }

  async #rules(clientId: string | undefined): Promise<Rules> {
    const { settings } = await this.#deps.settings.read();
    const asked = clientId === undefined ? await this.#applications() : [await this.#deps.applications.read(clientId)];
    const known = asked.filter((each) => each !== undefined);
    const open = known.filter(({ admission }) => admission !== "invited").map(({ policy }) => policy.reverificationDays);
    const strictest = open.reduce((least, days) => (least === null || (days !== null && days < least) ? days : least), null);
    return {
      settings: settings.reverificationDays,
      invited: new Map(
        known.filter(({ admission }) => admission === "invited").map(({ clientId: id, policy }) => [id, policy.reverificationDays]),
      ),
      open: open.length > 0 ? { days: strictest } : undefined,
    };
  }

  async #applications(): Promise<Application[]> {
    const all: Application[] = [];
    let page: Application[];
    do {
      page = await this.#deps.applications.list(all.at(-1)?.clientId, everyApplication);
      all.push(...page);
    } while (page.length === everyApplication);
    return all;
  }
}

const none: Deadline = { at: Number.POSITIVE_INFINITY, rule: { source: "settings", days: Number.POSITIVE_INFINITY }, end: null };

/** The last one for each application: until then the guest is not asked there. */
function invitedDeadlines(guest: Guest, proofs: Awaited<ReturnType<Guests["invitedProofs"]>>, rules: Rules): Deadline[] {
  const last = new Map<string, Deadline>();
  for (const proof of proofs) {
    const application = rules.invited.get(proof.clientId);
    if (application === undefined) continue;
    const own = deadline(
      proof.verifiedAt,
      rulesOf({ settings: rules.settings, application, guest: guest.reverificationDays, invitation: proof.reverificationDays }),
      endsOf({ guest: guest.expiresAt, invitation: proof.accessEndsAt }),
    );
    if (own.at > (last.get(proof.clientId)?.at ?? 0)) last.set(proof.clientId, own);
  }
  return [...last.values()];
}

function openDeadline(guest: Guest, provenAt: number | null, { settings, open }: Rules): Deadline[] {
  if (!open || provenAt === null) return [];
  const rules = rulesOf({ settings, application: open.days, guest: guest.reverificationDays });
  return [deadline(provenAt, rules, endsOf({ guest: guest.expiresAt }))];
}
