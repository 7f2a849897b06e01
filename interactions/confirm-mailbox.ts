import type { Context } from "koa";
import type { Page } from "../src/http/page.ts";
import type { Reverification } from "../src/oidc/interaction-policy.ts";
import type { Offer } from "../src/upstream/upstreams.ts";
import { masked, reverificationOf } from "./due-proof.ts";
import { refuseAgain } from "./enter-passcode.ts";
import { upstreamsFor } from "./upstream-offers.ts";
import { confirmMailboxPage } from "./views/confirm-mailbox.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

/** Says why, and offers one code; the address is masked, since the person at the browser has not proven it. */
export async function showConfirmMailbox(deps: InteractionDeps, visit: Visit, due: Reverification): Promise<void> {
  visit.show(200, page(deps, visit, due, await upstreamsFor(deps, visit, due.address)));
}

export async function submitConfirmMailbox(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const due = reverificationOf(visit);
  if (!due) return toDispatch(ctx, visit);
  const result = await deps.signIn.requestPasscode(visit.signInContext, due.address, { byGuest: true });
  if (result.outcome !== "too-often") return toDispatch(ctx, visit);
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (progress?.address === due.address) return refuseAgain(ctx, deps, visit, progress, result.wait);
  const offers = await upstreamsFor(deps, visit, due.address);
  visit.showTooOften(result.wait, (wait) => page(deps, visit, due, offers, visit.reader.translate("enter-email.too-often", { wait })));
}

/** The rule is the application's own, or the organisation's; one for this guest or invitation is the organisation's too. */
function page(
  deps: InteractionDeps,
  visit: Visit,
  { address, days, source, unproven }: Reverification,
  upstreams: Offer[],
  refused?: string,
): Page {
  const organisation = source === "application" ? visit.application.name : deps.organisation;
  return confirmMailboxPage(visit.screen, { address: masked(address), days, organisation, unproven, upstreams, refused });
}
