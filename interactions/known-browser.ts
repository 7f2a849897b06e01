// The cookie of a browser that is known for an address (src/sign-in/known-browsers.ts).
import type { Context } from "koa";
import { ownCookie } from "../src/http/cookie-name.ts";
import { type KnownBrowsers, knownFor } from "../src/sign-in/known-browsers.ts";

const options = { path: "/", httpOnly: true, sameSite: "lax", signed: false } as const;

/** @returns "" for a browser that is not known for any address */
export function keptBy(ctx: Context): string {
  return ctx.cookies.get(ownCookie(ctx, "guestpass_known"), options) ?? "";
}

/** From now on the browser is known for the address. */
export function rememberBrowser(ctx: Context, knownBrowsers: KnownBrowsers, address: string, kind: "invited" | "proven"): void {
  ctx.cookies.set(ownCookie(ctx, "guestpass_known"), knownBrowsers.remember(keptBy(ctx), address, kind), {
    ...options,
    secure: ctx.secure,
    maxAge: knownFor,
  });
}
