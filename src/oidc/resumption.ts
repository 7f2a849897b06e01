// Sits between the browser and oidc-provider at the addresses of one sign-in.
import type { Context, Middleware } from "koa";
import type { Artifacts } from "./artifacts.ts";

/**
 * Middleware in front of oidc-provider, which knows a sign-in by a cookie of its own: the last part of the address names it too, and no
 * other host can have changed that. Whether it is this browser's sign-in is decided when it is read (src/oidc/adapter.ts).
 * A browser that asks again for the result of its sign-in (a second click, a reload) gets the same answer.
 */
export function resumption(artifacts: Artifacts, names: { interaction: string; resume: string }): Middleware {
  const own = [names.interaction, names.resume];
  return async (ctx, next) => {
    const [place, uid] = signInAt(ctx);
    if (uid === undefined) return next();
    const { headers } = ctx.req;
    const others = (headers.cookie ?? "").split(";").filter((pair) => !own.includes(pair.split("=", 1)[0]?.trim() ?? ""));
    headers.cookie = [...others, `${place === "auth" ? names.resume : names.interaction}=${uid}`].join(";");
    if (place === "auth" && (await artifacts.answerAgain(ctx, uid))) return;
    await next();
    // Another request of this browser came first, and has given the session a new name.
    if (place === "auth" && ctx.status === 400) await artifacts.answerAgain(ctx, uid);
  };
}

/** What an address is about: the answer of a sign-in, or its pages. A provider sends the browser back with the sign-in in the state. */
function signInAt({ path, query }: Context): [place: string | undefined, uid: string | undefined] {
  const [, place, uid] = /^\/(auth|interaction)\/([\w-]+)(?:\/|$)/.exec(path) ?? [];
  if (uid !== undefined || !isUpstreamCallback(path)) return [place, uid];
  return ["interaction", signInOf(query["state"])];
}

function isUpstreamCallback(path: string): boolean {
  return /^\/upstream\/[a-z\d-]+\/callback$/.test(path);
}

/** @param state of a provider's answer @returns the sign-in that it names, which need not be this browser's */
export function signInOf(state: unknown): string | undefined {
  return typeof state === "string" ? /^([\w-]+)\./.exec(state)?.[1] : undefined;
}
