import type { Context } from "koa";
import { field } from "../src/http/forms.ts";
import { enterEmailPage } from "./views/enter-email.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

/** Prefilled from login_hint (OpenID Connect Core 1.0, section 3.1.2.1) where the application gave one. */
export function showEnterEmail(visit: Visit): void {
  const hint = visit.interaction.params["login_hint"];
  visit.show(200, enterEmailPage(visit.screen, { address: typeof hint === "string" ? hint : "", invalid: false }));
}

/** Asks for a code. The answer is the same redirect whoever it was. */
export async function submitEmail(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const typed = field(ctx, "email");
  const { outcome } = await deps.signIn.requestPasscode(visit.signInContext, typed);
  if (outcome === "not-an-address") return visit.show(422, enterEmailPage(visit.screen, { address: typed.slice(0, 320), invalid: true }));
  toDispatch(ctx, visit);
}

/** Asks for another code for the address that was typed before. */
export async function resend(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (progress) await deps.signIn.requestPasscode(visit.signInContext, progress.address);
  toDispatch(ctx, visit);
}

export function toDispatch(ctx: Context, visit: Visit): void {
  ctx.status = 303;
  ctx.redirect(visit.screen.path);
}
