import Router from "@koa/router";
import type Provider from "oidc-provider";
import { carriesSecret } from "../http/bearer.ts";
import type { Observe } from "../observations.ts";
import { Metrics, type Watched } from "./metrics.ts";

export interface OpenMetrics {
  path: string;
  observe: Observe;
  /** Answers whoever has the token. */
  routes(watched: Watched & { provider: Provider }): Router;
}

/** @param token what whoever asks has to send as a bearer token */
export function openMetrics(token: string): OpenMetrics {
  const path = "/metrics";
  const metrics = new Metrics();
  const observe: Observe = (observation) => metrics.observe(observation);
  return {
    path,
    observe,
    routes: ({ provider, ...watched }) => {
      observeProvider(provider, observe);
      const router = new Router();
      router.get(path, async (ctx) => {
        if (!carriesSecret(ctx, token)) return ctx.throw(401);
        ctx.body = await metrics.text(watched);
        ctx.set("Content-Type", metrics.contentType);
      });
      return router;
    },
  };
}

/** What oidc-provider does by itself. */
function observeProvider(provider: Provider, observe: Observe): void {
  provider.on("interaction.started", (_ctx, prompt) => {
    if (prompt.name === "login") observe({ of: "sign-in", outcome: "started" });
  });
  provider.on("backchannel.success", () => observe({ of: "logout", outcome: "delivered" }));
  provider.on("backchannel.error", () => observe({ of: "logout", outcome: "delayed" }));
}
