// The memory of this browser: the address that was proven here last, the one that was typed before starting again, and whether the
// box to stay signed in was ticked.
import type { Context } from "koa";
import { ownCookie } from "../src/http/cookie-name.ts";
import { field } from "../src/http/forms.ts";
import { type RememberedAddress, type RememberedAddresses, rememberedFor } from "../src/sign-in/remembered-address.ts";

const options = { path: "/", httpOnly: true, sameSite: "lax", signed: false } as const;

/** The address of the guest who signed in last in this browser. */
export function rememberedBy(ctx: Context, addresses: RememberedAddresses): Promise<RememberedAddress | undefined> {
  return addresses.open("proven", ctx.cookies.get(ownCookie(ctx, "guestpass_address"), options) ?? "");
}

/** @param provenAt when a code last came back from it, milliseconds since the epoch: a passkey does not change that */
export async function rememberAddress(ctx: Context, addresses: RememberedAddresses, address: string, provenAt: number): Promise<void> {
  const kept = await addresses.seal("proven", address, provenAt);
  ctx.cookies.set(ownCookie(ctx, "guestpass_address"), kept, { ...options, secure: ctx.secure, maxAge: rememberedFor.proven });
}

/** Somebody else is at the browser. */
export function forgetAddress(ctx: Context): void {
  ctx.cookies.set(ownCookie(ctx, "guestpass_address"), null, { ...options, secure: ctx.secure });
}

/** What was typed in the sign-in that was left to start again. */
export async function typedBefore(ctx: Context, addresses: RememberedAddresses): Promise<string | undefined> {
  return (await addresses.open("typed", ctx.cookies.get(ownCookie(ctx, "guestpass_typed"), options) ?? ""))?.address;
}

export async function keepTyped(ctx: Context, addresses: RememberedAddresses, address: string): Promise<void> {
  const kept = await addresses.seal("typed", address);
  ctx.cookies.set(ownCookie(ctx, "guestpass_typed"), kept, { ...options, secure: ctx.secure, maxAge: rememberedFor.typed });
}

/** It was typed again or changed. */
export function forgetTyped(ctx: Context): void {
  if (ctx.cookies.get(ownCookie(ctx, "guestpass_typed"), options) !== undefined)
    ctx.cookies.set(ownCookie(ctx, "guestpass_typed"), null, { ...options, secure: ctx.secure });
}

/** The box as last sent in this sign-in, for a page that is loaded again. */
export function tickedBefore(ctx: Context): boolean | undefined {
  const value = ctx.cookies.get("guestpass_keep", { signed: false });
  return value === undefined ? undefined : value === "yes";
}

/** For this sign-in alone, so at its path, until the browser is closed. Planting it would only tick a box that the guest sees. */
export function keepTick(ctx: Context, path: string): void {
  ctx.cookies.set("guestpass_keep", field(ctx, "keep") === "yes" ? "yes" : "no", { ...options, path, secure: ctx.secure });
}
