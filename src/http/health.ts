import Router from "@koa/router";

/** Liveness (the process answers) and readiness (it can do its work; it stops being ready when it drains). */
export function healthRoutes({ ready }: { ready(): Promise<boolean> }): Router {
  const router = new Router();
  router.get("/healthz", (ctx) => {
    ctx.body = { status: "ok" };
  });
  router.get("/readyz", async (ctx) => {
    const isReady = await ready();
    ctx.status = isReady ? 200 : 503;
    ctx.body = { status: isReady ? "ready" : "not ready" };
  });
  return router;
}

export const healthPaths = ["/healthz", "/readyz"];
