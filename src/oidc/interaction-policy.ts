// When a guest must be asked something before an application gets its answer.
import { interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import type { Admission } from "../admission/admission.ts";
import { rightsOf } from "../admission/standing.ts";
import type { Way } from "../admission/ways.ts";
import type { Address } from "../guests/address.ts";
import { addressInHint } from "../guests/directory-names.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { Rule } from "../reverification/deadline.ts";
import { type GuestVisit, visitIn } from "./claims.ts";
import { refuseLogoutToken } from "./id-token-hint.ts";
import { isWantedGuest } from "./wanted-guest.ts";
import { forgetWantedProof, wantsProof } from "./wanted-proof.ts";

/** Proof that has to be renewed: the address, and the period of the rule that decided. An interaction keeps it across an upgrade. */
export interface Reverification {
  address: string;
  days: number;
  /** Whose rule it is; missing in an interaction from an older version. */
  source?: Rule["source"];
  /** The mailbox was never proven: the guest's address was changed, or another of their mailboxes was proven. */
  unproven?: "changed" | "other";
}

/** A guest who was signed in in this browser, and whom the application does not admit. */
export interface Gone {
  sub: string;
}

/** Details for the consent page that oidc-provider does not find by itself. */
export type ConsentDetails = {
  /** Until when the application gets the agreed data without another code: milliseconds since the epoch. */
  until?: number;
};

export interface PolicyDeps {
  admission: Admission;
  guests: Guests;
  /** The guest of this browser's session, if that was ended recently. */
  endedSession(): string | undefined;
}

/**
 * oidc-provider's own policy with three more checks. If the application means another guest than the session's, the guest signs in.
 * If the guest is suspended or gone, they sign in again. If the mailbox is due, one code is asked for, with the reason.
 */
export function guestInteractionPolicy({ admission, guests, endedSession }: PolicyDeps) {
  const policy = interactionPolicy.base();
  const { Check, Prompt } = interactionPolicy;
  policy.add(new Prompt({ name: "select_account", requestable: true }), 0);
  // Our own check reads the hint too, and knows guests who were merged.
  policy.get("login")?.checks.remove("id_token_hint");
  const dueIn = new WeakMap<KoaContextWithOIDC, Reverification>();
  const goneIn = new WeakMap<KoaContextWithOIDC, Gone>();
  policy.get("login")?.checks.add(
    new Check("somebody_else", "End-User authentication is required", "login_required", async (ctx) => {
      refuseLogoutToken(ctx.oidc.params?.["id_token_hint"]);
      return (await meansSomebodyElse(ctx, { admission, guests })) ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  policy.get("login")?.checks.add(
    new Check(
      "reverification",
      "End-User authentication is required",
      "login_required",
      async (ctx) => {
        const due = (await meansSomebodyElse(ctx, { admission, guests })) ? undefined : await reverificationDue(ctx, admission);
        if (due) dueIn.set(ctx, due);
        return due ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
      },
      (ctx) => ({ reverification: dueIn.get(ctx) }),
    ),
  );
  policy.get("login")?.checks.add(
    new Check(
      "guest_gone",
      "End-User authentication is required",
      "login_required",
      async (ctx) => {
        if (ctx.oidc.account) return Check.NO_NEED_TO_PROMPT;
        const sub = ctx.oidc.session?.accountId ?? endedSession();
        if (sub === undefined) return Check.NO_NEED_TO_PROMPT;
        if (!(await meansSomebodyElse(ctx, { admission, guests }))) goneIn.set(ctx, { sub });
        return Check.REQUEST_PROMPT;
      },
      (ctx) => ({ gone: goneIn.get(ctx) }),
    ),
  );
  const consent = policy.get("consent");
  if (consent) consent.details = consentDetails;
  return policy;
}

function consentDetails(ctx: KoaContextWithOIDC): ConsentDetails {
  const standing = visitIn(ctx)?.standing;
  return standing?.outcome === "admitted" ? { until: standing.deadline.at } : {};
}

/**
 * The application names another guest than the session's: by login_hint, id_token_hint or the claim sub (OpenID Connect Core 1.0, 3.1.2.1 and
 * 5.5.1). A hint that is not an address names nobody. A code typed in this interaction has settled who the guest is.
 */
async function meansSomebodyElse(
  ctx: KoaContextWithOIDC,
  { admission, guests }: Pick<PolicyDeps, "admission" | "guests">,
): Promise<boolean> {
  const visit = visitIn(ctx);
  if (!visit || ctx.oidc.result?.login !== undefined) return false;
  const { application, guest } = visit;
  if (!(await isWantedGuest(ctx.oidc.params ?? {}, guest.sub, guests))) return true;
  const address = hintedAddress(ctx);
  return address !== undefined && !(await admission.knowsAs(application, guest, address));
}

function hintedAddress(ctx: KoaContextWithOIDC): Address | undefined {
  return addressInHint(ctx.oidc.params?.["login_hint"]);
}

async function reverificationDue(ctx: KoaContextWithOIDC, admission: Admission): Promise<Reverification | undefined> {
  const visit = visitIn(ctx);
  if (!visit) return undefined;
  const { application, guest, standing } = visit;
  if (standing.outcome === "due") return toReverification(guest, standing);
  if (standing.outcome === "refused") return undefined;
  const proven = provesMailbox(ctx, admission, visit);
  if (proven) forgetWantedProof(ctx);
  const due = proven ? undefined : ((await dueForHint(ctx, admission, visit)) ?? wantedIn(ctx, visit));
  if (!due) await admission.enter(application, guest, standing);
  return due;
}

/** The guest has just proven a mailbox in this interaction, which a passkey does not do. */
function provesMailbox(ctx: KoaContextWithOIDC, admission: Admission, { application }: GuestVisit): boolean {
  const { login, way = "code" } = (ctx.oidc.result ?? {}) as { login?: object; way?: Way };
  return login !== undefined && admission.gradeOf(application, way) === "proves-the-mailbox";
}

/** The application names the address that something was shared with: an invitation is satisfied by proof of its own mailbox only. */
async function dueForHint(
  ctx: KoaContextWithOIDC,
  admission: Admission,
  { application, guest }: GuestVisit,
): Promise<Reverification | undefined> {
  const address = hintedAddress(ctx);
  const due = address && (await admission.dueFor(application, guest, address));
  return due && toReverification(guest, due);
}

/** @param due a mailbox that is not proven while the guest is signed in: if none of theirs is, the address was changed */
function toReverification(guest: Guest, { address, rule, unproven }: { address: string; rule: Rule; unproven: boolean }): Reverification {
  const because = guest.provenAt === null ? "changed" : "other";
  return { address, days: rule.days, source: rule.source, ...(unproven ? { unproven: because } : {}) };
}

/** The guest was reminded and comes to prove a mailbox early: the one that is due first. */
function wantedIn(ctx: KoaContextWithOIDC, { application, standing }: GuestVisit): Reverification | undefined {
  const silent = ctx.oidc.prompts.has("none");
  if (standing.outcome !== "admitted" || silent || !wantsProof(ctx, application.clientId)) return undefined;
  const first = rightsOf(standing).reduce((soonest, right) => (right.deadline.at < soonest.deadline.at ? right : soonest));
  const { rule } = first.deadline;
  return { address: first.address, days: rule.days, source: rule.source };
}
