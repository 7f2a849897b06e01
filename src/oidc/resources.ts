// Resource indicators (RFC 8707): an application that is registered with a resource may ask for tokens for it and may
// introspect such tokens. Tokens stay opaque, so that suspending a guest ends them at once.
import { type Client, errors, type KoaContextWithOIDC, type ResourceServer } from "oidc-provider";

type Resources = Record<string, { scope: string }>;

function resourcesOf(client: Client): Resources {
  return (client["guestpass_resources"] as Resources | undefined) ?? {};
}

export function resourceServerInfo(_ctx: KoaContextWithOIDC, indicator: string, client: Client): ResourceServer {
  const resource = resourcesOf(client)[indicator];
  if (!resource) throw new errors.InvalidTarget("the application is not registered with this resource");
  return { audience: indicator, scope: resource.scope, accessTokenFormat: "opaque" };
}

/** An application introspects its own tokens, and those for a resource it is registered with: nobody else's. */
export function mayIntrospect(
  _ctx: KoaContextWithOIDC,
  client: Client,
  token: { clientId?: string | undefined; aud?: string | string[] | undefined },
): boolean {
  if (token.clientId === client.clientId) return true;
  const audiences = [token.aud ?? []].flat();
  return client.clientAuthMethod !== "none" && audiences.some((audience) => audience in resourcesOf(client));
}
