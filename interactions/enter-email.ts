import type { Context } from "koa";
import { field } from "../src/http/forms.ts";
import { enterEmailPage } from "./views/enter-email.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

/** Prefilled from login_hint (OpenID Connect Core 1.0, section 3.1.2.1) where the application gave one. */
export function showEnterEmail(visit: Visit): void {
  const hint = visit.interaction.params["login_hint"];
  visit.show(200, enterEmailPage(visit.screen, { address: typeof hint === "string" ? hint : "" }));
}

/** Asks for a code. The answer is the same redirect whoever it was. */
export async function submitEmail(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const typed = field(ctx, "email");
  const { translate } = visit.reader;
  const address = typed.slice(0, 320);
  const result = await deps.signIn.requestPasscode(visit.signInContext, typed);
  if (result.outcome === "not-an-address")
    return visit.show(422, enterEmailPage(visit.screen, { address, invalid: translate("enter-email.invalid") }));
  if (result.outcome === "too-often")
    return visit.showTooOften(result.wait, (wait) =>
      enterEmailPage(visit.screen, { address, refused: translate("enter-email.too-often", { wait }) }),
    );
  toDispatch(ctx, visit);
}

export function toDispatch(ctx: Context, visit: Visit): void {
  ctx.status = 303;
  ctx.redirect(visit.screen.path);
}
