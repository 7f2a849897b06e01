// The pages that oidc-provider shows by itself: errors that cannot go back to the application, and signing out.
import type { Context, Next } from "koa";
import type { Configuration, KoaContextWithOIDC } from "oidc-provider";
import { Html, html } from "../http/html.ts";
import { sendPage } from "../http/page.ts";
import { readerOf } from "../http/reader.ts";
import type { Texts } from "../texts.ts";
import type { Pages } from "./provider.ts";

export function providerPages(texts: Texts): Pages {
  const reader = (ctx: KoaContextWithOIDC) => readerOf(ctx, texts, ctx.oidc?.params?.["ui_locales"] as string | undefined);

  const error: NonNullable<Configuration["renderError"]> = (ctx, out, cause) => {
    const { translate, language } = reader(ctx);
    const over = cause.name === "SessionNotFound";
    const fault = ctx.status >= 500;
    // A second tap on "Sign out", while the answer to the first was on its way.
    if (!fault && ctx.oidc?.route === "end_session_confirm" && ctx.oidc.session?.accountId === undefined)
      return showSignedOut(ctx, true, ctx.status);
    const kind = over ? "expired" : fault ? "failed" : "refused";
    sendPage(ctx, { translate, language }, ctx.status, {
      title: translate(`${kind}.title`),
      body: html`<p>${translate(`${kind}.lead`)}</p>
${kind === "refused" && html`<p lang="en" dir="ltr"><strong>${out.error}</strong><br>${out.error_description}</p>`}
${over && html`<p class="quiet">${translate("expired.cookies")}</p>`}
${fault && html`<p class="quiet">${translate("failed.reference", { id: String(ctx.state["requestId"]) })}</p>`}`,
    });
  };

  const signOut = async (ctx: KoaContextWithOIDC, form: string) => {
    const { translate, language } = reader(ctx);
    sendPage(ctx, { translate, language }, 200, {
      title: translate("sign-out.title"),
      body: html`<p>${translate("sign-out.lead")}</p>
${new Html(form)}
<p><button class="primary" type="submit" form="op.logoutForm" name="logout" value="yes">${translate("sign-out.yes")}</button></p>
<div class="others"><button class="link" type="submit" form="op.logoutForm">${translate("sign-out.no")}</button></div>`,
    });
  };

  /** Where the guest ends who was asked whether to sign out: also who chose not to. */
  const signedOut = async (ctx: KoaContextWithOIDC) => {
    const { accountId } = await ctx.oidc.provider.Session.get(ctx);
    showSignedOut(ctx, accountId === undefined);
  };

  function showSignedOut(ctx: KoaContextWithOIDC, isSignedOut: boolean, status = 200): void {
    const { translate, language } = reader(ctx);
    sendPage(ctx, { translate, language }, status, {
      title: translate(isSignedOut ? "signed-out.title" : "signed-out.not"),
      body: html`<p>${translate("signed-out.lead")}</p>`,
    });
  }

  /** oidc-provider's own page is in English whoever reads it, and does not fit a phone. Its script and form stay. */
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
