// The link in a reminder leads to the application, which begins a sign-in that asks for a code before one is due. Opening it
// proves nothing and changes only a cookie (mail scanners open links).
import Router from "@koa/router";
import type { Applications } from "../src/applications/applications.ts";
import { frontDoor } from "../src/invitations/front-door.ts";
import { askForProof } from "../src/oidc/wanted-proof.ts";

export function reminderRoutes({ applications, issuer }: { applications: Applications; issuer: string }): Router {
  const router = new Router();
  router.get("/reverification/:clientId", async (ctx) => {
    const application = await applications.find(ctx["params"].clientId ?? "");
    if (!application) return;
    askForProof(ctx, application.clientId);
    ctx.set("Cache-Control", "no-store");
    ctx.status = 303;
    ctx.redirect(frontDoor(application, issuer));
  });
  return router;
}
