import { createHash } from "node:crypto";
import type { Context } from "koa";
import { sameBytes } from "../secrets.ts";

/** Whether the request carries the secret as a bearer token (RFC 6750, 2.1). The digests are compared, so that not even its length is revealed. */
export function carriesSecret(ctx: Context, secret: string): boolean {
  const given = /^Bearer ([\x21-\x7e]+)$/i.exec(ctx.get("authorization"))?.[1] ?? "";
  if (sameBytes(digest(given), digest(secret))) return true;
  ctx.set("WWW-Authenticate", "Bearer");
  return false;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
