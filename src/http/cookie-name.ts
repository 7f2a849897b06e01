import type { Context } from "koa";

/** On https the prefix keeps another host of the domain from planting the cookie (RFC 6265bis, 4.1.3.2). Its path has to be /. */
export function ownCookie(ctx: Context, name: string): string {
  return ctx.secure ? `__Host-${name}` : name;
}
