import type { Context } from "koa";
import { parseAddress } from "../src/guests/address.ts";
import { field } from "../src/http/forms.ts";
import type { Progress } from "../src/sign-in/sign-in.ts";
import { refuseAgain } from "./enter-passcode.ts";
import { enterEmailPage } from "./views/enter-email.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

/** Prefilled from login_hint (OpenID Connect Core 1.0, section 3.1.2.1) where the application gave one. */
export function showEnterEmail(visit: Visit, progress: Progress | undefined): void {
  const hint = visit.interaction.params["login_hint"];
  visit.show(200, enterEmailPage(visit.screen, { address: typeof hint === "string" ? hint : "", asked: progress !== undefined }));
}

/** Asks for a code. The answer is the same redirect whoever it was. */
export async function submitEmail(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const typed = field(ctx, "email");
  const { translate } = visit.reader;
  const result = await deps.signIn.requestPasscode(visit.signInContext, typed);
  if (result.outcome === "asked" || result.outcome === "over") return toDispatch(ctx, visit);
  const progress = await deps.signIn.progress(visit.interaction.uid);
  const again = { address: typed.slice(0, 320), asked: progress !== undefined };
  if (result.outcome === "not-an-address")
    return visit.show(422, enterEmailPage(visit.screen, { ...again, invalid: translate("enter-email.invalid") }));
  if (progress && isSame(progress.address, typed)) return refuseAgain(ctx, deps, visit, progress, result.wait);
  visit.showTooOften(result.wait, (wait) =>
    enterEmailPage(visit.screen, { ...again, refused: translate("enter-email.too-often", { wait }) }),
  );
}

function isSame(one: string, other: string): boolean {
  return parseAddress(one)?.key === parseAddress(other)?.key;
}
