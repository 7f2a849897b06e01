// The one place that picks the next screen. No screen leads directly to another.
import type { Context } from "koa";
import { accessOverInSession } from "./access-over.ts";
import { showChooseGuest } from "./choose-guest.ts";
import { showConfirmMailbox } from "./confirm-mailbox.ts";
import { showConsent } from "./consent.ts";
import { reverificationOf } from "./due-proof.ts";
import { showEnterEmail, showFirst } from "./enter-email.ts";
import { showEnterPasscode } from "./enter-passcode.ts";
import { finishSignIn, isAnswered, resume } from "./finish.ts";
import { lockedPage } from "./views/dead-ends.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

export async function dispatch(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  if (visit.interaction.prompt.name === "consent") return showConsent(deps, visit);
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress) {
    // A provider's answer came twice, and the other request was quicker.
    if (isAnswered(visit)) return resume(ctx, visit);
    const over = await accessOverInSession(deps, visit);
    if (over) return visit.show(403, over);
  }
  const due = reverificationOf(visit);
  if (!progress && due) return showConfirmMailbox(deps, visit, due);
  if (!progress)
    return visit.interaction.prompt.name === "select_account" ? showChooseGuest(ctx, deps, visit) : showFirst(ctx, deps, visit);
  // The code was right, but the answer never reached the browser: finishes the sign-in.
  if (progress.provenBy !== null)
    return isAnswered(visit) ? resume(ctx, visit) : finishSignIn(ctx, deps, visit, progress.provenBy, { way: "code" });
  if (progress.triesLeft === 0) return visit.show(403, lockedPage(visit.screen));
  return showEnterPasscode(ctx, deps, visit, progress, { again: "again" in ctx.query });
}

/** Asks for the address again, for a guest who wants to use another one, as long as the sign-in has tries left. */
export async function showAnotherEmail(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (progress?.triesLeft === 0) return visit.show(403, lockedPage(visit.screen));
  return showEnterEmail(ctx, deps, visit, progress);
}
