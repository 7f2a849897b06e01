import type { Context } from "koa";
import { field, reference } from "../src/http/forms.ts";
import type { PasscodeProgress } from "../src/passcodes/passcodes.ts";
import { shownAddress } from "./confirm-mailbox.ts";
import { toDispatch } from "./enter-email.ts";
import { finishSignIn } from "./finish.ts";
import { lockedPage, notAdmittedPage, usedPage } from "./views/dead-ends.ts";
import { enterPasscodePage } from "./views/enter-passcode.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

export function showEnterPasscode(deps: InteractionDeps, visit: Visit, progress: PasscodeProgress, problem?: string, keep = false): void {
  const { address, delivery, endsAt } = progress;
  const data = {
    address: shownAddress(visit, address),
    delivery,
    endsAt,
    now: deps.clock.now(),
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
      return again(ctx, deps, visit, translate("enter-passcode.wrong", { count: result.left }), keep);
    case "expired":
      return again(ctx, deps, visit, translate("enter-passcode.expired"), keep);
    case "malformed":
      return again(ctx, deps, visit, translate("enter-passcode.malformed", { count: result.digits }), keep);
    case "used":
      return visit.show(409, usedPage(visit.screen));
    case "locked":
      return visit.show(403, lockedPage(visit.screen));
    case "not-admitted":
      return visit.show(403, notAdmittedPage(visit.screen));
    case "not-asked":
      return toDispatch(ctx, visit);
  }
}

async function again(ctx: Context, deps: InteractionDeps, visit: Visit, problem: string, keep: boolean): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress) return toDispatch(ctx, visit);
  showEnterPasscode(deps, visit, progress, problem, keep);
}
