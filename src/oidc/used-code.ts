import type { Context } from "koa";
import { errors, type KoaContextWithOIDC } from "oidc-provider";

/** Answers as oidc-provider does if the authorization code was used before the request came (RFC 6749, 5.2). */
export function refuseUsedCode(ctx: Context): void {
  const refusal = new errors.InvalidGrant("authorization code already consumed");
  ctx.status = refusal.statusCode;
  ctx.body = { error: refusal.error, error_description: refusal.error_description };
  const context = ctx as unknown as KoaContextWithOIDC;
  context.oidc.provider.emit("grant.error", context, refusal);
}
