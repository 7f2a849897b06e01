// What every answer and every form needs, whatever the page.
import type { Context, Middleware, Next } from "koa";
import type { Settings } from "./settings.ts";

export function securityHeaders({ issuer }: Settings): Middleware {
  // form-action holds for the redirects after a form too, and signing in or out leads to the provider.
  const policy = `default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' ${issuer}; base-uri 'none'; frame-ancestors 'none'`;
  return async (ctx: Context, next: Next) => {
    ctx.set({
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "same-origin",
      "Cache-Control": "no-store",
    });
    await next();
  };
}

/** Answers under its own name only: a page of another site whose name points at this machine learns nothing. */
export function ownName({ url }: Settings): Middleware {
  const { host } = new URL(url);
  return async (ctx: Context, next: Next) => {
    if (ctx.host !== host) return ctx.throw(421);
    await next();
  };
}

/** Refuses forms from another site. Browsers say where a request comes from; old ones by Origin alone. */
export function ownForms({ url }: Settings): Middleware {
  const safe = new Set(["GET", "HEAD", "OPTIONS"]);
  return async (ctx: Context, next: Next) => {
    const site = ctx.get("Sec-Fetch-Site");
    const own = site ? site === "same-origin" : ctx.get("Origin") === url;
    if (!own && !safe.has(ctx.method)) return ctx.throw(403);
    await next();
  };
}
