import Router from "@koa/router";
import type { Texts } from "../texts.ts";
import { html } from "./html.ts";
import { sendPage } from "./page.ts";
import { readerOf } from "./reader.ts";

/** What somebody sees who opens the issuer's own address: whose this is, and where a sign-in begins. */
export function frontPage({ texts, organisation }: { texts: Texts; organisation: string }): Router {
  const router = new Router();
  router.get("/", (ctx, next) => {
    // The router takes "//" and "http://elsewhere/" for the same path.
    if (ctx.req.url !== "/") return next();
    const reader = readerOf(ctx, texts);
    sendPage(ctx, reader, 200, {
      title: reader.translate("front.title"),
      body: html`<p>${reader.translate("front.lead", { organisation })}</p>
<p>${reader.translate("front.how")}</p>`,
    });
  });
  return router;
}
