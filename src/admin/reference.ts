// The OpenAPI document, and the same as a page for people. Both are open: they say nothing about anyone.
import Router from "@koa/router";
import { sendPage } from "../http/page.ts";
import type { Texts } from "../texts.ts";
import { openApiDocument } from "./openapi.ts";
import type { AnyOperation } from "./operation.ts";
import { referenceBody } from "./reference-page.ts";
import { adminPath } from "./router.ts";

export interface ReferenceDeps {
  operations: AnyOperation[];
  issuer: string;
  texts: Texts;
}

export function referenceRoutes({ operations, issuer, texts }: ReferenceDeps): Router {
  const router = new Router({ prefix: adminPath });
  const document = openApiDocument(operations, { issuer, prefix: adminPath });
  const body = referenceBody(document, issuer);
  const reader = { language: "en", translate: texts.in("en") };
  router.get("/openapi.json", (ctx) => {
    ctx.set("Cache-Control", "no-cache");
    ctx.body = document;
  });
  router.get("/reference", (ctx) => sendPage(ctx, reader, 200, { title: "Administration API", wide: true, body }));
  return router;
}
