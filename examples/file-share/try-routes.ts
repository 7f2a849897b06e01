// The tour, and the clock that it moves. It exists only while somebody tries the application out.
import Router from "@koa/router";
import { sendPage } from "./pages/layout.ts";
import { tryPage, tryPath } from "./pages/try.ts";
import type { Trial } from "./settings.ts";

/** What the reverification rule of the example's registration says. */
const period = 14;

export function tryRoutes(trial: Trial): Router {
  const router = new Router();
  let daysPassed = 0;

  router.get(tryPath, (ctx) => sendPage(ctx, 200, tryPage(trial, daysPassed)));

  router.post(`${tryPath}/later`, (ctx) => {
    trial.letDaysPass(period);
    daysPassed += period;
    ctx.status = 303;
    ctx.redirect(tryPath);
  });

  return router;
}
