// A guest who was reminded wants to prove the mailbox before it is due: a cookie says so at the application's next authorization.
import type { Context } from "koa";
import { minute } from "../clock.ts";
import { ownCookie } from "../http/cookie-name.ts";

const options = { path: "/", httpOnly: true, sameSite: "lax", signed: false } as const;

/** The next sign-in at the application, within 10 minutes, asks for a code. */
export function askForProof(ctx: Context, clientId: string): void {
  ctx.cookies.set(ownCookie(ctx, "guestpass_confirm"), encodeURIComponent(clientId), {
    ...options,
    secure: ctx.secure,
    maxAge: 10 * minute,
  });
}

export function wantsProof(ctx: Context, clientId: string): boolean {
  return ctx.cookies.get(ownCookie(ctx, "guestpass_confirm"), options) === encodeURIComponent(clientId);
}

/** A code came back. */
export function forgetWantedProof(ctx: Context): void {
  if (ctx.cookies.get(ownCookie(ctx, "guestpass_confirm"), options) !== undefined)
    ctx.cookies.set(ownCookie(ctx, "guestpass_confirm"), null, { ...options, secure: ctx.secure });
}
