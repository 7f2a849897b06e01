// Where the provider announces that a guest's session has ended: suspended, invitation revoked, mailbox to be proven again, signed out elsewhere.
import bodyParser from "@koa/bodyparser";
import Router from "@koa/router";
import type { LogoutTokens } from "./logout-tokens.ts";
import type { Sessions } from "./sessions.ts";
import { backchannelLogoutPath } from "./settings.ts";

/** No browser comes here, so there is no cookie and no page: the posted token is trusted for its signature alone. */
export function logoutRoutes({ logoutTokens, sessions }: { logoutTokens: LogoutTokens; sessions: Sessions }): Router {
  const router = new Router();
  router.post(backchannelLogoutPath, bodyParser({ enableTypes: ["form"], formLimit: "16kb" }), async (ctx) => {
    const token = (ctx.request.body as Record<string, unknown> | undefined)?.["logout_token"];
    const over = typeof token === "string" ? await logoutTokens.take(token) : undefined;
    if (over) sessions.endWhere(over);
    ctx.status = over ? 200 : 400;
    ctx.body = over ? "" : { error: "invalid_request" };
  });
  return router;
}
