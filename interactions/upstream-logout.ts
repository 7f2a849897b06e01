// Providers report that somebody has signed out there, or was shut out (OpenID Connect Back-Channel Logout 1.0): sessions that began there end here.
import Router from "@koa/router";
import { field, formBody } from "../src/http/forms.ts";
import type { UpstreamLogout } from "../src/sign-in/upstream-logout.ts";

export function upstreamLogoutRoutes(deps: { upstreamLogout: UpstreamLogout }): Router {
  const router = new Router();
  router.post("/upstream/:provider/logout", formBody, async (ctx) => {
    const outcome = await deps.upstreamLogout.take(String(ctx["params"].provider), field(ctx, "logout_token"));
    ctx.status = { ended: 200, refused: 400, unreachable: 503 }[outcome];
    ctx.body = outcome === "ended" ? "" : { error: outcome === "refused" ? "invalid_request" : "temporarily_unavailable" };
    if (outcome === "ended") ctx.remove("Content-Type");
  });
  return router;
}
