// What a browser remembers about passkeys, in a cookie that identifies nobody: whether one was used in it, and whether its guest wants to
// be asked. It opens nothing.
import type { Context } from "koa";
import { day } from "../clock.ts";
import { ownCookie } from "./cookie-name.ts";

/** used: one was made or used here. asked: its guest was asked recently. never: its guest does not want to be asked here. */
export type PasskeyMemory = "used" | "asked" | "never";

const options = { path: "/", httpOnly: true, sameSite: "lax", signed: false } as const;
const lasts: Record<PasskeyMemory, number> = { used: 400 * day, asked: 90 * day, never: 400 * day };

export function passkeyMemory(ctx: Context): PasskeyMemory | undefined {
  const kept = ctx.cookies.get(ownCookie(ctx, "guestpass_passkeys"), options);
  return (Object.keys(lasts) as PasskeyMemory[]).find((each) => each === kept);
}

export function rememberPasskey(ctx: Context, memory: PasskeyMemory): void {
  ctx.cookies.set(ownCookie(ctx, "guestpass_passkeys"), memory, { ...options, secure: ctx.secure, maxAge: lasts[memory] });
}

export function forgetPasskey(ctx: Context): void {
  if (passkeyMemory(ctx) !== undefined) ctx.cookies.set(ownCookie(ctx, "guestpass_passkeys"), null, { ...options, secure: ctx.secure });
}
