import type { Context } from "koa";
import { field, reference } from "../src/http/forms.ts";
import { shownAddress } from "./confirm-mailbox.ts";
import { finishSignIn } from "./finish.ts";
import { lockedPage, notAdmittedPage, usedPage } from "./views/dead-ends.ts";
import { enterPasscodePage } from "./views/enter-passcode.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

export function showEnterPasscode(deps: InteractionDeps, visit: Visit, address: string, problem?: string, keep = false): void {
  const data = {
    address: shownAddress(visit, address),
    sender: deps.sender,
    digits: deps.digits,
    reference: reference(deps.formKey, visit.interaction.uid),
    problem,
    keep,
  };
  visit.show(problem === undefined ? 200 : 422, enterPasscodePage(visit.screen, data));
}

export async function submitPasscode(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const { translate } = visit.reader;
  const keep = field(ctx, "keep") === "yes";
  const result = await deps.signIn.verifyPasscode(visit.signInContext, field(ctx, "code"));
  switch (result.outcome) {
    case "accepted":
      return finishSignIn(ctx, visit, result.sub, keep);
    case "wrong":
      return again(deps, visit, translate("enter-passcode.wrong", { count: result.left }), keep);
    case "expired":
      return again(deps, visit, translate("enter-passcode.expired"), keep);
    case "malformed":
      return again(deps, visit, translate("enter-passcode.malformed", { count: result.digits }), keep);
    case "used":
      return visit.show(409, usedPage(visit.screen));
    case "locked":
      return visit.show(403, lockedPage(visit.screen));
    case "not-admitted":
      return visit.show(403, notAdmittedPage(visit.screen));
    case "not-asked":
      ctx.status = 303;
      return ctx.redirect(visit.screen.path);
  }
}

async function again(deps: InteractionDeps, visit: Visit, problem: string, keep: boolean): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  showEnterPasscode(deps, visit, progress?.address ?? "", problem, keep);
}
