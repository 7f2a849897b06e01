// The style sheet and the scripts, served from memory under a name that changes with their content.
import { hash } from "node:crypto";
import Router from "@koa/router";
import { accentSheet } from "./accent.ts";
import { deliveryNewsScript } from "./delivery-news.ts";
import { elsewhereScript } from "./elsewhere.ts";
import { fillCodeScript } from "./fill-code.ts";
import { formAnsweredScript } from "./form-answered.ts";
import { icon } from "./icon.ts";
import { passkeyScript } from "./passkey.ts";
import { resendWaitScript } from "./resend-wait.ts";
import { styleSheet } from "./style.ts";

interface Asset {
  path: string;
  type: string;
  content: string;
}

function asset(name: string, type: string, content: string): Asset {
  const [stem, extension] = name.split(".");
  return { path: `/assets/${stem}.${hash("sha256", content).slice(0, 12)}.${extension}`, type, content };
}

export const assets = {
  style: asset("style.css", "text/css", styleSheet),
  deliveryNews: asset("delivery-news.js", "text/javascript", deliveryNewsScript),
  elsewhere: asset("elsewhere.js", "text/javascript", elsewhereScript),
  resendWait: asset("resend-wait.js", "text/javascript", resendWaitScript),
  passkey: asset("passkey.js", "text/javascript", passkeyScript),
  fillCode: asset("fill-code.js", "text/javascript", fillCodeScript),
  formAnswered: asset("form-answered.js", "text/javascript", formAnsweredScript),
};

export function assetRoutes(): Router {
  const router = new Router();
  for (const { path, type, content } of Object.values(assets)) {
    router.get(path, (ctx) => {
      ctx.set("Cache-Control", "public, max-age=31536000, immutable");
      ctx.type = type;
      ctx.body = content;
    });
  }
  router.get(/^\/assets\/accent-([0-9a-f]{6})\.[0-9a-f]{12}\.css$/, (ctx) => {
    ctx.set("Cache-Control", "public, max-age=31536000, immutable");
    ctx.type = "text/css";
    ctx.body = accentSheet(`#${ctx["captures"]?.[0]}`);
  });
  // Browsers look for it here on pages that name no other, oidc-provider's own among them.
  router.get("/favicon.ico", (ctx) => {
    ctx.set("Cache-Control", "public, max-age=86400");
    ctx.type = "image/svg+xml";
    ctx.body = icon("#0b57d0", "#fff");
  });
  return router;
}
