// Forms: their bodies, and the token that shows a form came from our own page.
import type { KeyObject } from "node:crypto";
import type { Context, Middleware } from "koa";
import { keyedHash, sameBytes } from "../secrets.ts";

let parser: Promise<Middleware> | undefined;

/**
 * Form bodies of 64 KiB at the most, unpacked. A body that cannot be read is the client's mistake, not a fault of ours.
 * The parser is loaded with the first of them: a server starts without it.
 */
export const formBody: Middleware = async (ctx, next) => {
  parser ??= import("@koa/bodyparser").then(({ default: bodyParser }) =>
    bodyParser({
      enableTypes: ["form"],
      formLimit: "64kb",
      onError: (error, at) => at.throw((error as { status?: number }).status ?? 400),
    }),
  );
  return (await parser)(ctx, next);
};

/** One field of the form; "" where it is missing or is not one text. */
export function field(ctx: Context, name: string): string {
  const value = (ctx.request.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" ? value : "";
}

/** Bound to one interaction, whose cookie another site can neither read nor set. */
export function formToken(key: KeyObject, interaction: string): string {
  return keyedHash(key, "form", interaction).toString("base64url");
}

/** @param expected what `formToken` says */
export function isFormToken(expected: string, given: string): boolean {
  return sameBytes(Buffer.from(expected), Buffer.from(given));
}

/** Four signs that a screen and its mail share, so that a guest sees that the two belong together. No 0/O, 1/I/L. */
export function reference(key: KeyObject, interaction: string): string {
  const alphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
  return [...keyedHash(key, "reference", interaction).subarray(0, 4)].map((byte) => alphabet[byte % alphabet.length]).join("");
}
