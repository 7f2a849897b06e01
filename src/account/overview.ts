// What the page shows about a guest: collected here, put into words in views/.
import type { Application } from "../applications/application.ts";
import { ownClientId } from "../applications/own-page.ts";
import type { AuditEntry } from "../audit/audit.ts";
import type { Guest } from "../guests/guest.ts";
import { frontDoor } from "../invitations/front-door.ts";
import { type Invitation, isLive } from "../invitations/invitation.ts";
import { type BrowserName, browserName } from "../mail/browser-name.ts";
import type { Deadline } from "../reverification/deadline.ts";
import type { AccountDeps, Visit } from "./visit.ts";

/** An application that the guest can go to. Times are milliseconds since the epoch. */
export interface Place {
  clientId: string;
  name: string;
  sponsors: string[];
  /** null has no end. */
  until: number | null;
  lastVisit: number | undefined;
  open: string;
}

export interface OwnAddress {
  address: string;
  primary: boolean;
  verifiedAt: number | null;
  /** The first deadline of this address, and the application if the rule is its own. */
  next: { deadline: Deadline; application: string | undefined } | undefined;
}

export interface OwnSession {
  uid: string;
  here: boolean;
  browser: BrowserName | undefined;
  since: number;
  applications: string[];
}

export interface Overview {
  places: Place[];
  addresses: OwnAddress[];
  sessions: OwnSession[];
  signIns: { at: number; application: string }[];
  mails: { at: number; kind: string; recipient: string }[];
}

/** The most invitations, and the most entries of the history, that are shown. */
const most = 100;

export async function overviewOf(deps: AccountDeps, { guest, session }: Visit): Promise<Overview> {
  const named = naming(deps);
  const { byCode, otherwise } = await signInsOf(deps, guest.sub);
  const stored = await deps.sessions.list(guest.sub);
  const visits = visitsIn(byCode);
  const admitting = await admittingOf(deps, guest, await beenTo(deps, guest.sub, [...visits, ...visitsIn(otherwise)], stored));
  const aliases = await deps.guests.aliases(guest.sub);
  return {
    places: admitting.map(({ application, invitations }) =>
      placeOf(deps, guest, application, invitations, visits.find(({ clientId }) => clientId === application.clientId)?.at),
    ),
    addresses: await addressesOf(deps, guest, aliases, admitting),
    sessions: await Promise.all(
      stored.map(async ({ uid, device, since, applications }) => ({
        uid,
        here: uid === session.uid,
        browser: browserName(device ?? ""),
        since,
        applications: await Promise.all(applications.filter((id) => id !== ownClientId).map(named)),
      })),
    ),
    signIns: await Promise.all(
      latest([...byCode, ...otherwise]).map(async ({ at, clientId }) => ({
        at,
        application: clientId === null ? "" : await named(clientId),
      })),
    ),
    mails: await mailsTo(deps, aliases),
  };
}

/** An application that the guest can leave: one of those that the page shows. */
export async function leavable(
  deps: AccountDeps,
  guest: Guest,
  clientId: string,
): Promise<{ clientId: string; name: string; invited: boolean } | undefined> {
  const { byCode, otherwise } = await signInsOf(deps, guest.sub);
  const been = await beenTo(deps, guest.sub, visitsIn([...byCode, ...otherwise]), await deps.sessions.list(guest.sub));
  const found = (await admittingOf(deps, guest, been)).find(({ application }) => application.clientId === clientId)?.application;
  return found && { clientId, name: found.name, invited: found.admission === "invited" };
}

type SignIn = Pick<AuditEntry, "at" | "clientId">;

/** The latest first. */
async function signInsOf({ audit }: AccountDeps, guestSub: string): Promise<Record<"byCode" | "otherwise", SignIn[]>> {
  const [byCode, byPasskey, upstream] = await Promise.all([
    audit.list({ guestSub, action: "sign-in.proven" }, most),
    audit.list({ guestSub, action: "sign-in.passkey" }, most),
    audit.list({ guestSub, action: "sign-in.upstream" }, most),
  ]);
  return { byCode: byCode.entries, otherwise: [...byPasskey.entries, ...upstream.entries] };
}

/** This page itself is not listed. */
function visitsIn(signIns: SignIn[]): { at: number; clientId: string }[] {
  return signIns.flatMap(({ at, clientId }) => (clientId === null || clientId === ownClientId ? [] : [{ at, clientId }]));
}

/** Where the guest has signed in and has not left since. */
async function beenTo(
  { audit }: AccountDeps,
  guestSub: string,
  visits: { at: number; clientId: string }[],
  stored: { applications: string[] }[],
): Promise<Set<string>> {
  const { entries } = await audit.list({ guestSub, action: "guest.left" }, most);
  const left = (clientId: string) => entries.find((entry) => entry.clientId === clientId)?.at ?? -Infinity;
  const visited = visits.filter(({ at, clientId }) => at > left(clientId)).map(({ clientId }) => clientId);
  return new Set([...visited, ...stored.flatMap(({ applications }) => applications)]);
}

function latest<Entry extends { at: number }>(entries: Entry[]): Entry[] {
  return entries.sort((one, other) => other.at - one.at).slice(0, 20);
}

interface Admitting {
  application: Application;
  /** The live ones, where the application needs one. */
  invitations: Invitation[];
}

/** Where the guest is invited, and where the guest has been without an invitation and is still let in. No other application is named. */
async function admittingOf(deps: AccountDeps, guest: Guest, been: ReadonlySet<string>): Promise<Admitting[]> {
  const { invitations } = await deps.invitations.list({ guestSub: guest.sub }, most);
  const live = Map.groupBy(
    invitations.filter((each) => isLive(each, deps.clock.now())),
    ({ clientId }) => clientId,
  );
  const found: Admitting[] = [];
  for (const clientId of new Set([...live.keys(), ...been])) {
    const application = await deps.applications.find(clientId);
    if (!application || application.own || (await deps.admission.standing(application, guest)).outcome === "refused") continue;
    found.push({ application, invitations: application.admission === "invited" ? (live.get(clientId) ?? []) : [] });
  }
  return found;
}

function placeOf(
  { issuer }: AccountDeps,
  guest: Guest,
  application: Application,
  invitations: Invitation[],
  lastVisit: number | undefined,
): Place {
  const ends = invitations.length === 0 ? Infinity : Math.max(...invitations.map(({ accessEndsAt }) => accessEndsAt ?? Infinity));
  const until = Math.min(ends, guest.expiresAt ?? Infinity);
  return {
    clientId: application.clientId,
    name: application.name,
    sponsors: [...new Set(invitations.flatMap(({ sponsorName, sponsorEmail }) => sponsorName ?? sponsorEmail ?? []))],
    until: until === Infinity ? null : until,
    lastVisit,
    open: frontDoor(application, issuer, invitations.length === 1 ? invitations[0] : undefined),
  };
}

/** The earliest deadline among all that an address opens; this page's own rule stands for everything without one. */
async function addressesOf(
  { admission, applications }: AccountDeps,
  guest: Guest,
  aliases: Awaited<ReturnType<AccountDeps["guests"]["aliases"]>>,
  admitting: Admitting[],
): Promise<OwnAddress[]> {
  const own = await applications.find(ownClientId);
  const all = own ? [own, ...admitting.map(({ application }) => application)] : [];
  const proofs = (
    await Promise.all(
      all.map(async (application) => (await admission.proofs(application, guest)).map((proof) => ({ application, ...proof }))),
    )
  ).flat();
  return aliases.map(({ address, primary, verifiedAt }) => {
    const first = proofs
      .filter((proof) => proof.address === address && proof.verifiedAt !== null)
      .reduce<(typeof proofs)[number] | undefined>(
        (soonest, each) => (soonest && soonest.deadline.at <= each.deadline.at ? soonest : each),
        undefined,
      );
    const ruled = first && ["application", "invitation"].includes(first.deadline.rule.source) ? first.application.name : undefined;
    return { address, primary, verifiedAt, next: first && { deadline: first.deadline, application: ruled } };
  });
}

async function mailsTo({ outbox }: AccountDeps, aliases: { address: string }[]): Promise<Overview["mails"]> {
  const mails = await Promise.all(aliases.map(({ address }) => outbox.list({ recipient: address, most: 20 })));
  return mails
    .flat()
    .sort((one, other) => other.createdAt - one.createdAt)
    .slice(0, 20)
    .map(({ createdAt, kind, recipient }) => ({ at: createdAt, kind, recipient }));
}

/** The name of an application by its id, or the id itself if the application is gone. */
function naming({ applications }: AccountDeps): (clientId: string) => Promise<string> {
  return async (clientId) => (await applications.find(clientId))?.name ?? clientId;
}
