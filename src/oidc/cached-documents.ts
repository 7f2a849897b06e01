// Applications read the discovery document and the keys again and again: they may cache them for minutes, and ask whether they have changed.
import { hash } from "node:crypto";
import type { Context, Next } from "koa";

const documents = new Set(["/.well-known/openid-configuration", "/jwks"]);
/** Seconds. A revoked key is trusted for this long. */
const freshFor = 300;

/** Middleware around oidc-provider (RFC 9111; RFC 9110, 13.1.2). */
export async function cachedDocuments(ctx: Context, next: Next): Promise<void> {
  await next();
  if (!documents.has(ctx.path) || ctx.status !== 200 || typeof ctx.body !== "object") return;
  const type = ctx.response.get("Content-Type") || "application/json; charset=utf-8";
  ctx.body = JSON.stringify(ctx.body);
  ctx.set("Content-Type", type);
  ctx.set("Cache-Control", `public, max-age=${freshFor}`);
  ctx.set("ETag", `"${hash("sha256", ctx.body as string, "base64url")}"`);
  if (ctx.fresh) ctx.status = 304;
}
