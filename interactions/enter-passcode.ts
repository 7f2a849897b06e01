import type { Context } from "koa";
import { second } from "../src/clock.ts";
import { readable } from "../src/guests/address.ts";
import { field, reference } from "../src/http/forms.ts";
import type { Page } from "../src/http/page.ts";
import type { Progress } from "../src/sign-in/sign-in.ts";
import type { Times } from "../src/texts/texts.ts";
import { accessOver } from "./access-over.ts";
import { masked, prefilled, reverificationOf, shownAddress } from "./due-proof.ts";
import { finishSignIn } from "./finish.ts";
import { rememberBrowser } from "./known-browser.ts";
import { keepTick, rememberAddress, tickedBefore } from "./remembered.ts";
import { wantsOffer } from "./takes-passkey.ts";
import { correctAddressPage } from "./views/correct-address.ts";
import { lockedPage, notAdmittedPage } from "./views/dead-ends.ts";
import { type EnterPasscodeData, enterPasscodePage } from "./views/enter-passcode.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

interface Trouble {
  /** The problem with the typed code. */
  problem?: string;
  /** What was typed, if it is worth correcting. */
  typed?: string;
  /** Another code was asked for, and sent. */
  again?: boolean;
  /** Only another code works now. */
  tooMany?: boolean;
}

export async function showEnterPasscode(
  ctx: Context,
  deps: InteractionDeps,
  visit: Visit,
  progress: Progress,
  trouble: Trouble = {},
): Promise<void> {
  const keep = await isTicked(ctx, deps, visit);
  visit.show(trouble.problem === undefined ? 200 : 422, page(deps, visit, progress, { ...trouble, keep }));
}

export async function submitPasscode(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const { translate } = visit.reader;
  const keep = field(ctx, "keep") === "yes";
  const typed = field(ctx, "code").slice(0, 40);
  // What this browser remembers may have changed in another tab since the page was shown.
  const shows = (address: string) => [shownAddress(visit, address), readable(address), masked(address)].includes(field(ctx, "address"));
  const result = await deps.signIn.verifyPasscode(visit.signInContext, field(ctx, "code"), shows);
  switch (result.outcome) {
    case "accepted":
      rememberBrowser(ctx, deps.knownBrowsers, result.address, "proven");
      await rememberAddress(ctx, deps.rememberedAddresses, result.address, deps.clock.now());
      return finishSignIn(ctx, deps, visit, result.sub, {
        way: "code",
        remember: keep,
        fresh: wantsOffer(ctx) ? result.fresh : undefined,
      });
    case "wrong":
      return again(ctx, deps, visit, { problem: translate("enter-passcode.wrong", { count: result.left }), typed });
    case "expired":
      return again(ctx, deps, visit, { problem: translate("enter-passcode.expired") });
    case "malformed":
      return again(ctx, deps, visit, { problem: translate("enter-passcode.malformed", { count: result.digits }), typed });
    case "too-many":
      return tooMany(ctx, deps, visit, result.wait, typed);
    case "used":
      return leadOn(ctx, deps, visit, keep);
    case "locked":
      return visit.show(403, lockedPage(visit.screen));
    case "not-admitted":
      return visit.show(403, (await accessOver(deps, visit, result)) ?? notAdmittedPage(visit.screen));
    case "not-asked":
      return toDispatch(ctx, visit);
  }
}

/** The code was right a moment ago, in this browser: a second click continues like the first. */
async function leadOn(ctx: Context, deps: InteractionDeps, visit: Visit, keep: boolean): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress?.provenBy) return toDispatch(ctx, visit);
  return finishSignIn(ctx, deps, visit, progress.provenBy, { way: "code", remember: keep });
}

/** Asks for another code for the address that was typed before. If it is too early, says how long to wait, and nothing is lost. */
export async function resend(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress || isOver(progress)) return toDispatch(ctx, visit);
  const byGuest = reverificationOf(visit)?.address === progress.address;
  const result = await deps.signIn.requestPasscode(visit.signInContext, progress.address, { byGuest });
  if (result.outcome === "asked") return toDispatch(ctx, visit, "?again");
  if (result.outcome !== "too-often") return toDispatch(ctx, visit);
  return showTooEarly(ctx, deps, visit, progress, result.wait);
}

/**
 * The form for the first code was sent again. If it was sent twice, by a second tap while the answer was on its way, the
 * second answer is the same as the first.
 */
export async function refuseAgain(ctx: Context, deps: InteractionDeps, visit: Visit, progress: Progress, wait: number): Promise<void> {
  const sentTwice = isOver(progress) || progress.untilNextCode > 0;
  if (sentTwice) toDispatch(ctx, visit);
  else await showTooEarly(ctx, deps, visit, progress, wait);
}

async function showTooEarly(ctx: Context, deps: InteractionDeps, visit: Visit, progress: Progress, wait: number): Promise<void> {
  const keep = await isTicked(ctx, deps, visit);
  visit.showTooOften(wait, (span) =>
    page(deps, visit, progress, { keep, resend: { wait: span, seconds: Math.ceil(wait / second), refused: true } }),
  );
}

/** As last sent in this sign-in, or as in the session of the guest who confirms the mailbox. */
async function isTicked(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<boolean> {
  const sent = field(ctx, "address") === "" ? tickedBefore(ctx) : field(ctx, "keep") === "yes";
  return sent ?? (reverificationOf(visit) !== undefined && (await deps.isKeptSignedIn(ctx)));
}

function isOver({ triesLeft, provenBy }: Progress): boolean {
  return triesLeft === 0 || provenBy !== null;
}

async function again(ctx: Context, deps: InteractionDeps, visit: Visit, trouble: Trouble): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress) return toDispatch(ctx, visit);
  keepTick(ctx, visit.screen.path);
  await showEnterPasscode(ctx, deps, visit, progress, trouble);
}

/** The answer does not reveal whether the code was right. */
async function tooMany(ctx: Context, deps: InteractionDeps, visit: Visit, wait: number, typed: string): Promise<void> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  if (!progress) return toDispatch(ctx, visit);
  keepTick(ctx, visit.screen.path);
  const keep = await isTicked(ctx, deps, visit);
  visit.showTooOften(wait, (span) => {
    const problem = visit.reader.translate("enter-passcode.too-many", { wait: span });
    return page(deps, visit, progress, { problem, typed, keep, tooMany: true });
  });
}

function page(
  deps: InteractionDeps,
  visit: Visit,
  { address, askedAt, digits, delivery, endsAt, untilNextCode }: Progress,
  { problem, typed = "", keep, again: sentAgain, tooMany, resend }: Trouble & { keep: boolean; resend?: EnterPasscodeData["resend"] },
): Page {
  const times = deps.texts.times(visit.reader.language);
  const data: EnterPasscodeData = {
    address: shownAddress(visit, address),
    ofGuest: reverificationOf(visit)?.address === address,
    delivery,
    endsAt,
    mailComesBack: deps.mailComesBack,
    passkeys: deps.passkeySignIn.isOn(visit.signInContext),
    now: deps.clock.now(),
    sender: deps.sender,
    digits,
    reference: reference(visit.interaction.uid),
    problem,
    tooMany,
    typed,
    keep,
    sentAgain: sentAgain ? { at: askedAt, clock: times.clock(askedAt) } : undefined,
    resend: resend ?? waitOf(times, untilNextCode),
  };
  // A guest who has typed a code has received a mail.
  const correct = delivery.state === "refused" && problem === undefined && resend === undefined;
  return correct ? correctAddressPage(visit.screen, data, prefilled(visit, address)) : enterPasscodePage(visit.screen, data);
}

function waitOf(times: Times, milliseconds: number): EnterPasscodeData["resend"] {
  return milliseconds > 0 ? { wait: times.span(milliseconds), seconds: Math.ceil(milliseconds / second), refused: false } : undefined;
}
