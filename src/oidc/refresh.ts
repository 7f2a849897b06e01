// Which refresh tokens rotate (RFC 9700, 2.2.2 and 4.14.2).
import { errors, type KoaContextWithOIDC } from "oidc-provider";
import { resourceServerInfo } from "./resources.ts";

/**
 * A public client's refresh token is replaced at every use. A confidential client's stays the same: it is bound to the client's
 * authentication, and several requests may use it at once.
 * @throws InvalidTarget here, since oidc-provider would check the resource only after using up the token
 */
export async function rotates(ctx: KoaContextWithOIDC): Promise<boolean> {
  refuseUnusableResource(ctx);
  return ctx.oidc.client?.clientAuthMethod === "none";
}

function refuseUnusableResource(ctx: KoaContextWithOIDC): void {
  const { client, params, entities } = ctx.oidc;
  const token = entities.RefreshToken;
  if (!client || !token) return;
  const asked = params?.["resource"] ?? (token.scopes.has("openid") ? undefined : token.resource);
  const resources = [asked ?? []].flat() as string[];
  if (resources.length > 1) throw new errors.InvalidTarget("request one resource at a time");
  for (const resource of resources) {
    if (!token.resourceIndicators.has(resource)) throw new errors.InvalidTarget();
    resourceServerInfo(ctx, resource, client);
  }
}
