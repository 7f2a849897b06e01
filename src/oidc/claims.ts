// Claims of a guest (OpenID Connect Core 1.0, section 5.1).
import { type Account, type ClaimsParameter, errors, type FindAccount, type KoaContextWithOIDC } from "oidc-provider";
import type { Admission } from "../admission/admission.ts";
import type { Admitted, GrantedInvitation, Standing } from "../admission/standing.ts";
import type { Way } from "../admission/ways.ts";
import type { Application } from "../applications/application.ts";
import type { Applications } from "../applications/applications.ts";
import type { Clock } from "../clock.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import { deadline as deadlineOf, proofBy } from "../reverification/deadline.ts";
import type { Capped } from "./artifact-store.ts";

/** Given with the scope email: at userinfo, and in the ID token of an application that is registered for it. */
const ofAddress = ["email", "email_verified"] as const;

/** OpenID Connect Core 1.0, section 5.4: which claims a scope asks for. */
export const claims = {
  // session_expiry: OpenID Connect Enterprise Extensions; until then the application may keep its own session.
  // The address is allowed here, since only this scope reaches an ID token; toAccount decides whether it is included at all.
  openid: ["sub", "auth_time", "acr", "amr", "session_expiry", ...ofAddress],
  email: [...ofAddress],
  profile: ["name", "given_name", "family_name", "locale", "updated_at"],
  invitations: ["invitations"],
};

/** Authentication context: control of a mailbox, proven with a one-time passcode. docs/relying-applications.md describes it. */
const acr = "urn:guestpass:acr:mailbox";
/** Signed in at a partner's provider, whose own values are never passed on. RFC 8176 has no method for it. */
const upstream = { acr: "urn:guestpass:acr:upstream", amr: ["fed"] };
/** How a guest signed in, for applications: `phr`, phishing-resistant (OpenID Connect EAP ACR Values 1.0, 3), and methods (RFC 8176). */
export const contexts: Record<Way, { acr: string; amr: string[] }> = {
  code: { acr, amr: ["otp"] },
  passkey: { acr: "phr", amr: ["pop"] },
  upstream,
  "upstream-mailbox": upstream,
};

/** What an application asks for, as the parameters of its request. */
type Wishes = { acr_values?: unknown; claims?: unknown; idp_hint?: unknown };

/** Whether the application insists on a code and would accept no other way in: acr_values, and the claim acr (OpenID Connect Core 1.0, 3.1.2.1 and 5.5.1.1). */
export function wantsCode(wishes: Wishes, other: Exclude<Way, "code">): boolean {
  const named = wantedContexts(wishes);
  return named.includes(acr) && !named.includes(contexts[other].acr);
}

/** Which of the two the application would rather have: it names the provider, or one way before the other (acr_values are in order of preference). */
export function prefers(wishes: Wishes): "code" | "upstream" | undefined {
  if (typeof wishes.idp_hint === "string" && wishes.idp_hint !== "") return "upstream";
  const first = wantedContexts(wishes).find((each) => each === acr || each === upstream.acr);
  if (first === undefined) return undefined;
  return first === acr ? "code" : "upstream";
}

function wantedContexts({ acr_values: values, claims: asked }: Wishes): string[] {
  const wish = typeof asked === "string" ? (JSON.parse(asked) as ClaimsParameter).id_token?.["acr"] : undefined;
  return [typeof values === "string" ? values.split(" ") : [], wish?.value ?? wish?.values ?? []].flat(2) as string[];
}

export interface AccountDeps {
  guests: Guests;
  applications: Applications;
  admission: Admission;
  clock: Clock;
  /** When the session that a credential of this request came of ends because a provider's does. */
  sessionUntil(): number | undefined;
}

/** A guest at one application, and until when. */
interface GuestAccount extends Account {
  /** When the first of the rights that the application knows ends: milliseconds since the epoch. */
  deadline: number;
}

/** Caches the records that a request is about, so that they are looked up once. */
export interface GuestVisit {
  application: Application;
  guest: Guest;
  standing: Standing;
}

const visits = new WeakMap<KoaContextWithOIDC, GuestVisit>();

/** The guest of this request at its application, admitted or not; undefined if nobody is signed in. */
export function visitIn(ctx: KoaContextWithOIDC): GuestVisit | undefined {
  return visits.get(ctx);
}

/**
 * A guest whom the application does not admit, or whose mailbox must be proven again, does not exist for it: sessions, codes and
 * tokens stop at their next use.
 */
export function findAccountAmong({ guests, applications, admission, clock, sessionUntil }: AccountDeps): FindAccount {
  return async (ctx, sub, token): Promise<GuestAccount | undefined> => {
    const guest = await guests.findBySub(sub);
    const clientId = token?.clientId ?? ctx.oidc.client?.clientId;
    const application = clientId === undefined ? undefined : await applications.find(clientId);
    if (!guest || guest.sub !== sub || !application) return undefined;
    const until = (ctx.oidc.session as Capped | undefined)?.upstreamUntil ?? sessionUntil() ?? Infinity;
    if (until <= clock.now()) return undefined;
    const standing = await admission.standing(application, guest);
    visits.set(ctx, { application, guest, standing });
    return standing.outcome === "admitted" ? toAccount({ application, guest }, standing, { now: clock.now(), until }) : undefined;
  };
}

/** Seconds that a token may live: as configured, and never past a deadline of the access it gives. */
export function untilDeadline(clock: Clock, configured: number, ctx: KoaContextWithOIDC | undefined): number {
  return within(clock, configured, (ctx?.oidc?.account as GuestAccount | undefined)?.deadline);
}

/**
 * Seconds that a session may live: idle, in total, and no longer than that of the provider where it began. It may outlive the deadline, after
 * which it gives no access: a guest who comes back with it is told why a code is asked for.
 */
export function sessionSeconds(
  clock: Clock,
  limits: { idle: number; absolute: number },
  signedInAt: number | undefined,
  until = Infinity,
): number {
  return signedInAt === undefined ? limits.idle : within(clock, limits.idle, Math.min((signedInAt + limits.absolute) * 1000, until));
}

function within(clock: Clock, configured: number, deadline: number | undefined): number {
  return deadline === undefined ? configured : Math.max(1, Math.min(configured, Math.floor((deadline - clock.now()) / 1000)));
}

/**
 * An application that insists on an authentication context that a mailbox cannot give gets an error at once: otherwise the guest
 * would be asked for one code after another.
 * oidc-provider reads the requested sub without checking its type.
 * @throws UnmetAuthenticationRequirements (OpenID Connect Core 1.0, section 5.5.1.1)
 */
export function refuseUnattainable(_ctx: KoaContextWithOIDC, { id_token: asked }: ClaimsParameter): void {
  if (typeof (asked?.["sub"] ?? {}) !== "object") throw new errors.InvalidRequest("claims.id_token.sub should be an object");
  const wish = asked?.["acr"];
  const accepted = [wish?.value ?? wish?.values ?? acr].flat();
  if (wish?.essential && !accepted.includes(acr)) throw new errors.UnmetAuthenticationRequirements(`the acr can only be ${acr}`);
}

function toAccount(
  { application: { policy }, guest }: Omit<GuestVisit, "standing">,
  { deadline, invitations }: Admitted,
  { now, until }: { now: number; until: number },
): GuestAccount {
  // The first of several invitations to lapse decides: the application comes back, and is told what is left.
  const first = Math.min(until, deadline.at, ...invitations.map((each) => each.deadline.at));
  const fresh = deadlineOf(proofBy(now, guest.verifiedAt), [deadline.rule]).at > now;
  return {
    accountId: guest.sub,
    deadline: first,
    claims: async (use, scope, asked) => ({
      sub: guest.sub,
      // It belongs to the sign-in; userinfo includes it only if asked for by name.
      ...(use === "id_token" || asked["session_expiry"] !== undefined ? { session_expiry: Math.floor(first / 1000) } : {}),
      ...toldOfAddress({ email: guest.email, email_verified: fresh }, asked, {
        byScope: (use === "userinfo" || policy.emailInIdToken) && scope.split(" ").includes("email"),
      }),
      ...nameOf(guest, policy),
      ...(guest.givenName === null ? {} : { given_name: guest.givenName }),
      ...(guest.familyName === null ? {} : { family_name: guest.familyName }),
      ...(guest.locale === null ? {} : { locale: guest.locale }),
      updated_at: Math.floor(guest.updatedAt / 1000),
      invitations: invitations.map(toInvitationClaim),
    }),
  };
}

/** By the scope, or one by one by the claims parameter. */
function toldOfAddress(address: object, asked: object, { byScope }: { byScope: boolean }): object {
  return byScope ? address : Object.fromEntries(Object.entries(address).filter(([claim]) => claim in asked));
}

/** A name is never invented, except for an application that is registered as insisting on one. */
function nameOf({ name, email }: Guest, { nameFromAddress }: Application["policy"]): { name?: string } {
  if (name !== null) return { name };
  return nameFromAddress ? { name: email.slice(0, email.lastIndexOf("@")) } : {};
}

/** Those of an application's invitations whose mailbox the guest has proven: only these give access. */
function toInvitationClaim({ invitation, deadline }: GrantedInvitation): object {
  return { id: invitation.id, email: invitation.address, target_url: invitation.targetUrl, session_expiry: Math.floor(deadline.at / 1000) };
}
