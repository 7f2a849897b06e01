import Router from "@koa/router";
import type { Texts } from "../texts/texts.ts";
import { html } from "./html.ts";
import { nameOf, sendPage } from "./page.ts";
import { readerOf } from "./reader.ts";
import { languagePath } from "./site.ts";

/** The page at the issuer's own address. It says whose server this is and where a sign-in begins. */
export function frontPage({ texts, organisation }: { texts: Texts; organisation: string }): Router {
  const router = new Router();
  router.get("/", (ctx, next) => {
    // The router takes "//" and "http://elsewhere/" for the same path.
    if (ctx.req.url !== "/") return next();
    const reader = readerOf(ctx, texts);
    sendPage(ctx, reader, 200, {
      title: reader.translate("front.title"),
      body: html`<p>${reader.translate("front.lead", { organisation })}</p>
<p>${reader.translate("front.how")}</p>
<p><a class="button" href="/account">${reader.translate("account.title")}</a></p>`,
    });
  });
  // A page that answers a form stays as it is in its own tab.
  router.get(languagePath, (ctx) => {
    const reader = readerOf(ctx, texts);
    sendPage(ctx, reader, 200, {
      title: reader.translate("language.title"),
      body: html`<p>${reader.translate("language.lead", { language: nameOf(reader.language) })}</p>
<p><a href="/">${reader.translate("front.title")}</a></p>`,
    });
  });
  return router;
}
