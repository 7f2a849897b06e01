import Router from "@koa/router";
import type Provider from "oidc-provider";
import { carriesSecret } from "../http/bearer.ts";
import type { Observe } from "../observations.ts";
import { Metrics, type Watched } from "./metrics.ts";

export interface OpenMetrics {
  path: string;
  observe: Observe;
  /** Counts what the provider does by itself. */
  watch(provider: Provider): void;
  /** Answers clients that have the token. */
  routes(watched: Watched): Router;
}

/** @param token the bearer token that clients must send */
export function openMetrics(token: string): OpenMetrics {
  const path = "/metrics";
  const metrics = new Metrics();
  const observe: Observe = (observation) => metrics.observe(observation);
  return {
    path,
    observe,
    watch: (provider) => observeProvider(provider, observe),
    routes: (watched) => {
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

/** Events of oidc-provider itself. */
function observeProvider(provider: Provider, observe: Observe): void {
  provider.on("interaction.started", (_ctx, prompt) => {
    if (prompt.name === "login") observe({ of: "sign-in", outcome: "started" });
  });
  provider.on("backchannel.success", () => observe({ of: "logout", outcome: "delivered" }));
  provider.on("backchannel.error", () => observe({ of: "logout", outcome: "delayed" }));
}
