import type { Context } from "koa";
import { day } from "../src/clock.ts";
import { parseAddress, readable } from "../src/guests/address.ts";
import { addressInHint } from "../src/guests/directory-names.ts";
import { field } from "../src/http/forms.ts";
import type { Page } from "../src/http/page.ts";
import { passkeyMemory } from "../src/http/passkey-memory.ts";
import type { Gone } from "../src/oidc/interaction-policy.ts";
import type { Progress } from "../src/sign-in/sign-in.ts";
import { masked, prefilled } from "./due-proof.ts";
import { refuseAgain } from "./enter-passcode.ts";
import { meantAddress } from "./mistyped.ts";
import { forgetAddress, forgetTyped, typedBefore } from "./remembered.ts";
import { takesPasskey } from "./takes-passkey.ts";
import { offersUpstreams, offersWanted } from "./upstream-offers.ts";
import { ruleInWords } from "./views/confirm-mailbox.ts";
import { type EnterEmailData, enterEmailPage } from "./views/enter-email.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

/** The first screen of a sign-in. */
export async function showFirst(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  if (!(await offersWanted(deps, visit))) await showEnterEmail(ctx, deps, visit, undefined);
}

export async function showEnterEmail(ctx: Context, deps: InteractionDeps, visit: Visit, progress: Progress | undefined): Promise<void> {
  visit.show(200, await page(ctx, deps, visit, await firstScreen(ctx, deps, visit, progress)));
}

/** Explains why the passkey did not work. A code still does. */
export async function enterEmailAgain(ctx: Context, deps: InteractionDeps, visit: Visit, refused: string): Promise<Page> {
  const progress = await deps.signIn.progress(visit.interaction.uid);
  return page(ctx, deps, visit, { ...(await firstScreen(ctx, deps, visit, progress)), refused });
}

/** Asks for a code. The answer is the same redirect for every address. */
export async function submitEmail(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const typed = field(ctx, "email");
  const meant = field(ctx, "sure") === typed ? undefined : meantAddress(typed);
  if (meant === undefined) return ask(ctx, deps, visit, typed);
  const progress = await deps.signIn.progress(visit.interaction.uid);
  visit.show(200, await page(ctx, deps, visit, { address: typed, asked: progress !== undefined, meant }));
}

/** As submitEmail, for the address that this browser remembers. */
export async function continueAsRemembered(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  if (!visit.remembered) return toDispatch(ctx, visit);
  return ask(ctx, deps, visit, visit.remembered.address);
}

/** Somebody else is at the browser. */
export function forgetRemembered(ctx: Context, visit: Visit): void {
  forgetAddress(ctx);
  toDispatch(ctx, visit);
}

async function ask(ctx: Context, deps: InteractionDeps, visit: Visit, typed: string): Promise<void> {
  const { translate } = visit.reader;
  if (field(ctx, "way") !== "code" && (await offersUpstreams(deps, visit, typed))) return;
  const result = await deps.signIn.requestPasscode(visit.signInContext, typed);
  if (result.outcome === "asked") forgetTyped(ctx);
  if (result.outcome === "asked" || result.outcome === "over") return toDispatch(ctx, visit);
  const progress = await deps.signIn.progress(visit.interaction.uid);
  const again = { address: prefilled(visit, typed.slice(0, 320)), asked: progress !== undefined };
  if (result.outcome === "not-an-address")
    return visit.show(422, await page(ctx, deps, visit, { ...again, invalid: translate("enter-email.invalid") }));
  if (progress && isSame(progress.address, typed)) return refuseAgain(ctx, deps, visit, progress, result.wait);
  // A passkey needs no code.
  const offer = await passkeyOffer(ctx, deps, visit);
  visit.showTooOften(result.wait, (wait) =>
    enterEmailPage(visit.screen, { ...again, ...offer, refused: translate("enter-email.too-often", { wait }) }),
  );
}

/** With the reason, if the rule for everybody asks for a new code. It depends on this browser's memory alone, not on the directory. */
async function offered(
  deps: InteractionDeps,
  { remembered, application, interaction, reader }: Visit,
): Promise<EnterEmailData["remembered"]> {
  const { gone } = interaction.prompt.details as { gone?: Gone };
  if (!remembered || gone) return undefined;
  const { translate, language } = reader;
  const { source, days } = await deps.ruleFor(application);
  const isDue = remembered.at + days * day <= deps.clock.now();
  const organisation = source === "application" ? application.name : deps.organisation;
  const since = translate("remembered.since", { when: deps.texts.times(language).moment(remembered.at) });
  return {
    address: masked(remembered.address),
    why: isDue ? `${since} ${ruleInWords(translate, { organisation, days })}` : undefined,
  };
}

/**
 * Prefilled with what was typed in this sign-in or in the one before it, or with login_hint (OpenID Connect Core 1.0, section 3.1.2.1) where
 * the application gave one. Otherwise the address that this browser remembers is offered.
 */
async function firstScreen(ctx: Context, deps: InteractionDeps, visit: Visit, progress: Progress | undefined): Promise<EnterEmailData> {
  const hint = visit.interaction.params["login_hint"];
  const hinted = addressInHint(hint)?.typed ?? (typeof hint === "string" ? hint : "");
  const given = hinted === "" ? await typedBefore(ctx, deps.rememberedAddresses) : hinted;
  const address = progress ? prefilled(visit, progress.address) : readable(given ?? "");
  const remembered = address === "" ? await offered(deps, visit) : undefined;
  return { address, asked: progress !== undefined, remembered };
}

async function page(ctx: Context, deps: InteractionDeps, visit: Visit, data: EnterEmailData): Promise<Page> {
  return enterEmailPage(visit.screen, { ...data, ...(await passkeyOffer(ctx, deps, visit)) });
}

/** A passkey is offered by what the browser used before, never by what is known about an address. */
async function passkeyOffer(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<Pick<EnterEmailData, "passkey">> {
  if (!takesPasskey(deps, visit)) return {};
  const options = await deps.passkeySignIn.options(visit.signInContext);
  return { passkey: { options, used: passkeyMemory(ctx) === "used" } };
}

function isSame(one: string, other: string): boolean {
  return parseAddress(one)?.key === parseAddress(other)?.key;
}
