import Router from "@koa/router";
import { carriesSecret } from "./bearer.ts";

export interface Readiness {
  ready: boolean;
  /** Why not, if that is known and not secret. */
  reason?: string;
}

export interface HealthDeps {
  ready(): Promise<Readiness>;
  /** Whether each route of mail is in use. This does not decide readiness: mail waits, and another instance would do no better. */
  mailRoutes(): { name: string; state: string }[];
  /** The bearer token that clients must send to get details: the one for metrics. Without a token, nobody gets them. */
  token: string | undefined;
}

/** Liveness (the process answers) and readiness (it can do its work; it stops being ready when it drains). */
export function healthRoutes({ ready, mailRoutes, token }: HealthDeps): Router {
  const router = new Router();
  router.get("/healthz", (ctx) => {
    ctx.body = { status: "ok" };
  });
  router.get("/readyz", async (ctx) => {
    const detailed = "detail" in ctx.query;
    if (detailed && !(token !== undefined && carriesSecret(ctx, token))) return ctx.throw(401);
    const { ready: isReady, reason } = await ready();
    ctx.status = isReady ? 200 : 503;
    ctx.body = {
      status: isReady ? "ready" : "not ready",
      ...(reason === undefined ? {} : { reason }),
      ...(detailed ? { mail: { routes: Object.fromEntries(mailRoutes().map(({ name, state }) => [name, state])) } } : {}),
    };
  });
  return router;
}

export const healthPaths = ["/healthz", "/readyz"];
