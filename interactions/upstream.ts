// Signing in at a partner's provider: out to it, and back.
import type { Context } from "koa";
import { field } from "../src/http/forms.ts";
import type { SentUpstream, UpstreamFailure } from "../src/sign-in/upstream-sign-in.ts";
import { reverificationOf, shownAddress } from "./due-proof.ts";
import { finishSignIn, isAnswered, resume, store } from "./finish.ts";
import { rememberBrowser } from "./known-browser.ts";
import { rememberAddress } from "./remembered.ts";
import { sourceOf, upstreamsFor } from "./upstream-offers.ts";
import { notAdmittedPage } from "./views/dead-ends.ts";
import { linkAccountPage, type UpstreamPageData, upstreamFailedPage } from "./views/upstream.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

export async function submitUpstream(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  if (isAnswered(visit)) return resume(ctx, visit);
  const address = addressIn(ctx, visit);
  const offered = (await upstreamsFor(deps, visit, address)).find(({ id }) => id === field(ctx, "provider"));
  if (!offered) return toDispatch(ctx, visit, "/email");
  const result = await deps.upstreamSignIn.send(visit.signInContext, offered.id, address, { fresh: wantsFresh(visit) });
  const data = pageData(visit, address, offered);
  switch (result.outcome) {
    case "sent":
      await store(visit, { upstream: result.sent });
      ctx.status = 303;
      return ctx.redirect(result.url.href);
    case "too-often":
      return visit.showTooOften(result.wait, (wait) =>
        upstreamFailedPage(visit.screen, data, visit.reader.translate("upstream.too-often", { wait }), false),
      );
    case "not-offered":
    case "unreachable":
      return showFailure(visit, data, result.outcome);
  }
}

/** The browser is back. Its answer counts once, in the sign-in that it left from, for the provider that it was sent to. */
export async function finishUpstream(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  if (isAnswered(visit)) return resume(ctx, visit);
  const { upstream: sent } = (visit.interaction.result ?? {}) as { upstream?: SentUpstream };
  if (!sent || sent.provider !== ctx["params"].provider) return toDispatch(ctx, visit, "/email");
  const data = pageData(visit, sent.address, { id: sent.provider, label: sent.label });
  const result = await deps.upstreamSignIn.finish(visit.signInContext, sent, new URLSearchParams(ctx.querystring));
  switch (result.outcome) {
    case "accepted":
      if (result.way === "upstream-mailbox") rememberBrowser(ctx, deps.knownBrowsers, result.address, "proven");
      await rememberAddress(ctx, deps.rememberedAddresses, result.address, result.provenAt);
      return finishSignIn(ctx, deps, visit, result.sub, {
        way: result.way,
        upstream: { provider: sent.provider, sid: result.sid, until: result.until },
      });
    case "unlinked":
      await store(visit, { toLink: result.account });
      return visit.show(200, linkAccountPage(visit.screen, data));
    case "used":
      return toDispatch(ctx, visit);
    case "not-admitted":
      return visit.show(403, notAdmittedPage(visit.screen));
    default:
      return showFailure(visit, data, result.outcome);
  }
}

const failures: Record<UpstreamFailure, { status: number; again: boolean }> = {
  "not-offered": { status: 403, again: false },
  "not-begun": { status: 403, again: true },
  cancelled: { status: 403, again: true },
  unreachable: { status: 502, again: true },
  "not-believed": { status: 403, again: false },
  "no-address": { status: 403, again: false },
  mismatch: { status: 403, again: true },
};

function showFailure(visit: Visit, data: UpstreamPageData, failure: UpstreamFailure): void {
  const { status, again } = failures[failure];
  const { address, provider } = data;
  const lead = visit.reader.translate(`upstream.${failure}`, { provider: provider.label, address });
  visit.show(status, upstreamFailedPage(visit.screen, data, lead, again));
}

function pageData(visit: Visit, address: string, provider: { id: string; label: string }): UpstreamPageData {
  return { address: shownAddress(visit, address), source: sourceOf(visit, address), provider };
}

function addressIn(ctx: Context, visit: Visit): string {
  const from = field(ctx, "from");
  if (from === "due") return reverificationOf(visit)?.address ?? "";
  return from === "remembered" ? (visit.remembered?.address ?? "") : field(ctx, "email");
}

/** A mailbox is due, or the application wants its guest to sign in again. */
function wantsFresh(visit: Visit): boolean {
  const { reasons } = visit.interaction.prompt;
  return reverificationOf(visit) !== undefined || reasons.some((reason) => reason === "login_prompt" || reason === "max_age");
}
