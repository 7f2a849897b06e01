// A guest who was reminded wants to prove the mailbox before it is due: a cookie says so at the application's next authorization.
import type { Context } from "koa";
import { minute } from "../clock.ts";

const options = { path: "/auth", httpOnly: true, sameSite: "lax", signed: false } as const;

/** The next sign-in at the application, within 10 minutes, asks for a code. */
export function askForProof(ctx: Context, clientId: string): void {
  ctx.cookies.set(nameIn(ctx), encodeURIComponent(clientId), { ...options, secure: ctx.secure, maxAge: 10 * minute });
}

export function wantsProof(ctx: Context, clientId: string): boolean {
  return ctx.cookies.get(nameIn(ctx), options) === encodeURIComponent(clientId);
}

/** A code came back. */
export function forgetWantedProof(ctx: Context): void {
  if (ctx.cookies.get(nameIn(ctx), options) !== undefined) ctx.cookies.set(nameIn(ctx), null, { ...options, secure: ctx.secure });
}

/** On https the prefix keeps another host of the domain from planting it (RFC 6265bis, 4.1.3). */
function nameIn(ctx: Context): string {
  return ctx.secure ? "__Secure-guestpass_confirm" : "guestpass_confirm";
}
