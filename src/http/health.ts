import Router from "@koa/router";

export interface HealthDeps {
  ready(): Promise<boolean>;
  /** Whether each route of mail is in use. It does not decide readiness: mail waits, and no other instance would do better. */
  mailRoutes(): { name: string; state: string }[];
}

/** Liveness (the process answers) and readiness (it can do its work; it stops being ready when it drains). */
export function healthRoutes({ ready, mailRoutes }: HealthDeps): Router {
  const router = new Router();
  router.get("/healthz", (ctx) => {
    ctx.body = { status: "ok" };
  });
  router.get("/readyz", async (ctx) => {
    const isReady = await ready();
    ctx.status = isReady ? 200 : 503;
    ctx.body = {
      status: isReady ? "ready" : "not ready",
      ...("detail" in ctx.query ? { mail: { routes: Object.fromEntries(mailRoutes().map(({ name, state }) => [name, state])) } } : {}),
    };
  });
  return router;
}

export const healthPaths = ["/healthz", "/readyz"];
