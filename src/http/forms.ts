// Forms: their bodies, and the token that shows a form came from our own page.
import { hash } from "node:crypto";
import { parse } from "node:querystring";
import type { Context, Middleware } from "koa";
import type { KeyRing } from "../secrets.ts";

export const formType = "application/x-www-form-urlencoded";
/** Fields of a form or a query, including empty ones. */
export const mostFields = 1000;
/**
 * Form bodies of 1,000 fields at most, unpacked. A body that cannot be read is the client's mistake, not an internal error. The reader is
 * loaded with the first form: a server starts without it.
 * @param limit bytes, as "64kb"
 */
export function formUpTo(limit: string): Middleware {
  let reader: Promise<Middleware> | undefined;
  return async (ctx, next) => {
    reader ??= import("@koa/bodyparser").then(({ default: bodyParser }) =>
      bodyParser({
        enableTypes: ["text"],
        extendTypes: { text: [formType] },
        textLimit: limit,
        onError: (error, at) => at.throw((error as { status?: number }).status ?? 400),
      }),
    );
    if (ctx.is(formType)) {
      await (await reader)(ctx, async () => undefined);
      const text = String(ctx.request.body ?? "");
      if (separatorsIn(text) >= mostFields) ctx.throw(413);
      ctx.request.body = parse(text);
    }
    await next();
  };
}

/** Those of the pages, 64 KiB. */
export const formBody = formUpTo("64kb");

/** The number of separators between fields. */
export function separatorsIn(form: string | Buffer): number {
  let found = 0;
  for (let at = form.indexOf("&"); at !== -1; at = form.indexOf("&", at + 1)) found++;
  return found;
}

/** One field of the form; "" if it is missing or is not one text. */
export function field(ctx: Context, name: string): string {
  const value = (ctx.request.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" ? value : "";
}

/** Bound to one interaction, whose cookie another site can neither read nor set. */
export function formToken(key: KeyRing, interaction: string): string {
  return key.mac("form", interaction).toString("base64url");
}

/** Whether it is the value of `formToken` under the current or a former key. */
export function isFormToken(key: KeyRing, interaction: string, given: string): boolean {
  return key.made(Buffer.from(given, "base64url"), 32, "form", interaction);
}

/**
 * Four characters that a screen and its mail share, so that a guest sees that the two belong together. No 0/O, 1/I/L. They are derived from the
 * interaction's random identifier alone, so a change of keys between the mail and the screen does not change them.
 */
export function reference(interaction: string): string {
  const alphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
  const digest = hash("sha256", `guestpass/reference\0${interaction}`, "buffer");
  return [...digest.subarray(0, 4)].map((byte) => alphabet[byte % alphabet.length]).join("");
}
