// The pages that oidc-provider shows by itself: errors that cannot go back to the application, and signing out.

import type { Context, Next } from "koa";
import type { Configuration, KoaContextWithOIDC } from "oidc-provider";
import { isAway } from "../database/away.ts";
import { Html, html } from "../http/html.ts";
import { type Brand, sendPage } from "../http/page.ts";
import { readerOf } from "../http/reader.ts";
import type { Texts, Translate } from "../texts/texts.ts";
import { refuseLogoutToken } from "./id-token-hint.ts";
import type { Pages } from "./provider.ts";
import { recogniseApplication } from "./sign-out.ts";

/** The application of a request, its look and where its sign-in begins; undefined if the request names no known application. */
export type FindWay = (clientId: string) => Promise<{ brand: Brand; link: string } | undefined>;

export function providerPages(texts: Texts, findWay: FindWay): Pages {
  const wayIn = async (ctx: KoaContextWithOIDC) => {
    const clientId = ctx.oidc?.client?.clientId;
    return clientId === undefined ? undefined : findWay(clientId);
  };
  const toApplication = (translate: Translate, way: Awaited<ReturnType<FindWay>>) =>
    way && html`<p><a class="button" href="${way.link}">${translate("to-application", { application: way.brand.name })}</a></p>`;
  const reader = (ctx: KoaContextWithOIDC) => readerOf(ctx, texts, ctx.oidc?.params?.["ui_locales"] as string | undefined);

  const error: NonNullable<Configuration["renderError"]> = async (ctx, out, cause) => {
    const { translate, language } = reader(ctx);
    const over = cause.name === "SessionNotFound";
    const fault = ctx.status >= 500;
    // A page about an internal error does not use the database.
    const way = fault ? undefined : await wayIn(ctx);
    // A second tap on "Sign out", while the answer to the first was on its way.
    if (!fault && ctx.oidc?.route === "end_session_confirm" && ctx.oidc.session?.accountId === undefined)
      return await showSignedOut(ctx, true, ctx.status);
    const away = isAway(cause);
    if (away) ctx.status = 503;
    const kind = over ? "expired" : away ? "busy" : fault ? "failed" : "refused";
    const signedIn = ctx.oidc?.route === "end_session" && ctx.oidc.session?.accountId !== undefined;
    sendPage(ctx, { translate, language }, ctx.status, {
      title: translate(`${kind}.title`),
      brand: way?.brand,
      body: html`<p>${translate(`${kind}.lead`)}</p>
${kind === "refused" && html`<p lang="en" dir="ltr"><strong>${out.error}</strong><br>${out.error_description}</p>`}
${over && html`<p class="quiet">${translate("expired.cookies")}</p>`}
${
  signedIn &&
  html`<p>${translate("sign-out.wrong")}</p>
<p><a class="button primary" href="/session/end">${translate("sign-out.yes")}</a></p>`
}
${toApplication(translate, way)}
${fault && html`<p class="quiet">${translate("failed.reference", { id: String(ctx.state["requestId"]) })}</p>`}`,
    });
  };

  const signOut = async (ctx: KoaContextWithOIDC, form: string) => {
    refuseLogoutToken(ctx.oidc.params?.["id_token_hint"]);
    await recogniseApplication(ctx);
    const { translate, language } = reader(ctx);
    sendPage(ctx, { translate, language }, 200, {
      title: translate("sign-out.title"),
      signedIn: true,
      body: html`<p>${translate("sign-out.lead")}</p>
${new Html(form)}
<p><button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes">${translate("sign-out.yes")}</button></p>
<div class="others"><button class="link" type="submit" form="op.logoutForm">${translate("sign-out.no")}</button></div>`,
    });
  };

  /** The last page for a guest who was asked whether to sign out, even if they chose not to. */
  const signedOut = async (ctx: KoaContextWithOIDC) => {
    const { accountId } = await ctx.oidc.provider.Session.get(ctx);
    await showSignedOut(ctx, accountId === undefined);
  };

  async function showSignedOut(ctx: KoaContextWithOIDC, isSignedOut: boolean, status = 200): Promise<void> {
    const { translate, language } = reader(ctx);
    const way = await wayIn(ctx);
    sendPage(ctx, { translate, language }, status, {
      title: translate(isSignedOut ? "signed-out.title" : "signed-out.not"),
      signedIn: true,
      brand: way?.brand,
      body: html`<p>${translate("signed-out.lead")}</p>${toApplication(translate, way)}`,
    });
  }

  /** oidc-provider's own page is always in English and does not fit a phone. Its script and form are kept. */
  const goingOn = async (ctx: Context, next: Next) => {
    await next();
    if (typeof ctx.body !== "string") return;
    const [, script, form] = /^<!DOCTYPE html>.*?(<script>.*?<\/script>).*?(<form .*?)<noscript>/s.exec(ctx.body) ?? [];
    if (script === undefined || form === undefined) return;
    const { translate, language } = reader(ctx as unknown as KoaContextWithOIDC);
    sendPage(ctx, { translate, language }, ctx.status, {
      title: translate("going-on.title"),
      body: html`${new Html(script)}
${new Html(form)}
<noscript><p>${translate("going-on.lead")}</p>
<button class="primary" type="submit" autofocus>${translate("used.continue")}</button></noscript>
</form>`,
    });
  };

  return { error, signOut, signedOut, goingOn };
}
