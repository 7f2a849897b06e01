// Serves the OpenAPI document, and the same as a page for people. Both are public: they contain no data.
import Router from "@koa/router";
import { sendPage } from "../http/page.ts";
import type { Texts } from "../texts/texts.ts";
import { openApiDocument } from "./openapi.ts";
import type { Api } from "./operation.ts";
import { referenceBody } from "./reference-page.ts";

export interface ReferenceDeps {
  api: Api;
  issuer: string;
  texts: Texts;
}

export function referenceRoutes({ api, issuer, texts }: ReferenceDeps): Router {
  const router = new Router({ prefix: api.prefix });
  // Made when it is first asked for: the command line and most callers never do, and it takes 50 ms.
  let made: ReturnType<typeof openApiDocument> | undefined;
  const document = () => {
    made ??= openApiDocument(api, issuer);
    return made;
  };
  const reader = { language: "en", translate: texts.in("en") };
  router.get("/openapi.json", (ctx) => {
    ctx.set("Cache-Control", "no-cache");
    ctx.body = document();
  });
  router.get("/reference", (ctx) => {
    const body = referenceBody(document(), { issuer, prefix: api.prefix });
    return sendPage(ctx, reader, 200, { title: "Administration API", wide: true, body });
  });
  return router;
}
