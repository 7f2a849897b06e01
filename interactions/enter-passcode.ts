import type { Context } from "koa";
import { field, reference } from "../src/http/forms.ts";
import type { Page } from "../src/http/page.ts";
import type { Progress } from "../src/sign-in/sign-in.ts";
import { shownAddress } from "./due-proof.ts";
import { finishSignIn } from "./finish.ts";
import { lockedPage, notAdmittedPage, usedPage } from "./views/dead-ends.ts";
import { type EnterPasscodeData, enterPasscodePage } from "./views/enter-passcode.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

interface Trouble {
  /** What is wrong with the code that was typed. */
  problem?: string;
  /** What was ticked. */
  keep?: boolean;
}

export function showEnterPasscode(deps: InteractionDeps, visit: Visit, progress: Progress, trouble: Trouble = {}): void {
  visit.show(trouble.problem === undefined ? 200 : 422, page(deps, visit, progress, trouble));
}

export async function submitPasscode(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const { translate } = visit.reader;
  const keep = field(ctx, "keep") === "yes";
  const result = await deps.signIn.verifyPasscode(visit.signInContext, field(ctx, "code"));
  switch (result.outcome) {
    case "accepted":
      return finishSignIn(ctx, deps, visit, result.sub, keep);
    case "wrong":
      return again(ctx, deps, visit, { problem: translate("enter-passcode.wrong", { count: result.left }), keep });
    case "expired":
      return again(ctx, deps, visit, { problem: translate("enter-passcode.expired"), keep });
    case "malformed":
      return again(ctx, deps, visit, { problem: translate("enter-passcode.malformed", { count: result.digits }), keep });
    case "too-many":
      return tooMany(ctx, deps, visit, result.wait, keep);
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

/** Asks for another code for the address that was typed before. Too early, it says how long to wait, and nothing is lost. */
export async function resend(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress || isOver(progress)) return toDispatch(ctx, visit);
  const result = await deps.signIn.requestPasscode(visit.signInContext, progress.address);
  if (result.outcome !== "too-often") return toDispatch(ctx, visit);
  showTooEarly(deps, visit, progress, result.wait);
}

/**
 * The form that asks for the first code asked for it once more. Where it was sent twice, by a second tap while the answer was on its way, the
 * second answer is that of the first.
 */
export function refuseAgain(ctx: Context, deps: InteractionDeps, visit: Visit, progress: Progress, wait: number): void {
  const sentTwice = isOver(progress) || progress.untilNextCode > 0;
  if (sentTwice) toDispatch(ctx, visit);
  else showTooEarly(deps, visit, progress, wait);
}

function showTooEarly(deps: InteractionDeps, visit: Visit, progress: Progress, wait: number): void {
  visit.showTooOften(wait, (span) => page(deps, visit, progress, { resend: { wait: span, refused: true } }));
}

function isOver({ triesLeft, provenBy }: Progress): boolean {
  return triesLeft === 0 || provenBy !== null;
}

async function again(ctx: Context, deps: InteractionDeps, visit: Visit, trouble: Trouble): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress) return toDispatch(ctx, visit);
  showEnterPasscode(deps, visit, progress, trouble);
}

/** Right or wrong, nothing says which. */
async function tooMany(ctx: Context, deps: InteractionDeps, visit: Visit, wait: number, keep: boolean): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress) return toDispatch(ctx, visit);
  visit.showTooOften(wait, (span) => {
    const problem = visit.reader.translate("enter-passcode.too-many", { wait: span });
    return page(deps, visit, progress, { problem, keep });
  });
}

function page(
  deps: InteractionDeps,
  visit: Visit,
  { address, delivery, endsAt, untilNextCode }: Progress,
  { problem, keep = false, resend }: Trouble & { resend?: EnterPasscodeData["resend"] },
): Page {
  return enterPasscodePage(visit.screen, {
    address: shownAddress(visit, address),
    delivery,
    endsAt,
    mailComesBack: deps.mailComesBack,
    now: deps.clock.now(),
    sender: deps.sender,
    digits: deps.digits,
    reference: reference(deps.formKey, visit.interaction.uid),
    problem,
    keep,
    resend:
      resend ?? (untilNextCode > 0 ? { wait: deps.texts.times(visit.reader.language).span(untilNextCode), refused: false } : undefined),
  });
}
