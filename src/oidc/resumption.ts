// Stands between the browser and oidc-provider at the addresses of one sign-in.
import type { Middleware } from "koa";
import type { Artifacts } from "./artifacts.ts";

/**
 * Middleware in front of oidc-provider, which knows a sign-in by a cookie of its own: the last part of the address says the same, and no
 * other host can have put something else there. Whether it is this browser's sign-in is decided where it is read (src/oidc/adapter.ts).
 * A browser that asks again for what its sign-in came to (a second click, a reload) is led on as before.
 */
export function resumption(artifacts: Artifacts, names: { interaction: string; resume: string }): Middleware {
  const own = [names.interaction, names.resume];
  return async (ctx, next) => {
    const [, place, uid] = /^\/(auth|interaction)\/([\w-]+)(?:\/|$)/.exec(ctx.path) ?? [];
    if (uid === undefined) return next();
    const { headers } = ctx.req;
    const others = (headers.cookie ?? "").split(";").filter((pair) => !own.includes(pair.split("=", 1)[0]?.trim() ?? ""));
    headers.cookie = [...others, `${place === "auth" ? names.resume : names.interaction}=${uid}`].join(";");
    if (place === "auth" && (await artifacts.answerAgain(ctx, uid))) return;
    await next();
    // Another request of this browser came between, and has given the session a new name.
    if (place === "auth" && ctx.status === 400) await artifacts.answerAgain(ctx, uid);
  };
}
