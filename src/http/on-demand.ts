import type Router from "@koa/router";
import type { Context, Middleware, Next } from "koa";

/** Routes under a path (no slash at its end) that are loaded when the first request comes for one of them. `load` remembers them. */
export function under(path: string, load: () => Promise<Router[]>): Middleware {
  return async (ctx: Context, next: Next) => {
    if (ctx.path !== path && !ctx.path.startsWith(`${path}/`)) return next();
    const routers = await load();
    const ask = (at: number): Promise<unknown> => {
      const router = routers[at];
      return router ? Promise.resolve(router.routes()(ctx as never, () => ask(at + 1))) : next();
    };
    await ask(0);
  };
}
