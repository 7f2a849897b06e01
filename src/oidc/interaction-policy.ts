// When a guest must be asked something before an application gets its answer.
import { interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import type { Admission } from "../admission/admission.ts";
import { rightsOf } from "../admission/standing.ts";
import { parseAddress } from "../guests/address.ts";
import { type GuestVisit, visitIn } from "./account.ts";
import { forgetWantedProof, wantsProof } from "./wanted-proof.ts";

/** Proof that has to be renewed: which address, and the period of the rule that decided. */
export interface Reverification {
  address: string;
  days: number;
}

/** What the consent page says beside oidc-provider's own findings. */
export type ConsentDetails = {
  /** So long the application gets what is agreed to without another code: milliseconds since the epoch. */
  until?: number;
};

/**
 * oidc-provider's own policy, and: a session whose guest was suspended or is gone has to sign in anew; one whose mailbox has to
 * be proven afresh is asked for one code, with the reason.
 */
export function guestInteractionPolicy(admission: Admission) {
  const policy = interactionPolicy.base();
  const { Check } = interactionPolicy;
  const dueIn = new WeakMap<KoaContextWithOIDC, Reverification>();
  policy.get("login")?.checks.add(
    new Check(
      "reverification",
      "End-User authentication is required",
      "login_required",
      async (ctx) => {
        const due = await reverificationDue(ctx, admission);
        if (due) dueIn.set(ctx, due);
        return due ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
      },
      (ctx) => ({ reverification: dueIn.get(ctx) }),
    ),
  );
  policy.get("login")?.checks.add(
    new Check("guest_gone", "End-User authentication is required", "login_required", (ctx) => {
      const gone = ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined;
      return gone ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  const consent = policy.get("consent");
  if (consent) consent.details = consentDetails;
  return policy;
}

function consentDetails(ctx: KoaContextWithOIDC): ConsentDetails {
  const standing = visitIn(ctx)?.standing;
  return standing?.outcome === "admitted" ? { until: standing.deadline.at } : {};
}

async function reverificationDue(ctx: KoaContextWithOIDC, admission: Admission): Promise<Reverification | undefined> {
  const visit = visitIn(ctx);
  if (!visit) return undefined;
  const { application, guest, standing } = visit;
  if (standing.outcome === "due") return { address: standing.address, days: standing.rule.days };
  if (standing.outcome === "refused") return undefined;
  const proven = ctx.oidc.result?.login !== undefined;
  if (proven) forgetWantedProof(ctx);
  const due = proven ? undefined : ((await dueForHint(ctx, admission, visit)) ?? wantedIn(ctx, visit));
  if (!due) await admission.enter(application, guest, standing);
  return due;
}

/** The application names the address that something was shared with: an invitation is satisfied by proof of its own mailbox only. */
async function dueForHint(
  ctx: KoaContextWithOIDC,
  admission: Admission,
  { application, guest }: GuestVisit,
): Promise<Reverification | undefined> {
  const hint = ctx.oidc.params?.["login_hint"];
  const address = typeof hint === "string" ? parseAddress(hint) : undefined;
  const due = address && (await admission.dueFor(application, guest, address));
  return due && { address: due.address, days: due.rule.days };
}

/** The guest was reminded and comes to prove the mailbox early: the one that is due first. */
function wantedIn(ctx: KoaContextWithOIDC, { application, standing }: GuestVisit): Reverification | undefined {
  const silent = ctx.oidc.prompts.has("none");
  if (standing.outcome !== "admitted" || silent || !wantsProof(ctx, application.clientId)) return undefined;
  const first = rightsOf(standing).reduce((soonest, right) => (right.deadline.at < soonest.deadline.at ? right : soonest));
  return { address: first.address, days: first.deadline.rule.days };
}
