// Resource indicators (RFC 8707): an application that is registered with a resource may ask for tokens for it and may
// introspect such tokens. Tokens stay opaque, so that suspending a guest ends them at once.
import { type Client, type Configuration, errors, type FindAccount, type KoaContextWithOIDC, type ResourceServer } from "oidc-provider";

type Resources = Record<string, { scope: string }>;

function resourcesOf(client: Client): Resources {
  return (client["guestpass_resources"] as Resources | undefined) ?? {};
}

export function resourceServerInfo(_ctx: KoaContextWithOIDC, indicator: string, client: Client): ResourceServer {
  const resource = resourcesOf(client)[indicator];
  if (!resource) throw new errors.InvalidTarget("the application is not registered with this resource");
  return { audience: indicator, scope: resource.scope, accessTokenFormat: "opaque" };
}

type Introspection = NonNullable<NonNullable<Configuration["features"]>["introspection"]>;

/** An application introspects its own tokens and those for a resource it is registered with; a guest who is gone has none. */
export function mayIntrospect(findAccount: FindAccount): NonNullable<Introspection["allowedPolicy"]> {
  return async (ctx, client, token) => {
    const { accountId } = token as { accountId?: string };
    if (token.clientId !== client.clientId && !isAudience(client, token)) return false;
    return accountId !== undefined && (await findAccount(ctx, accountId)) !== undefined;
  };
}

function isAudience(client: Client, token: object): boolean {
  const { aud } = token as { aud?: string | string[] };
  return client.clientAuthMethod !== "none" && [aud ?? []].flat().some((audience) => Object.hasOwn(resourcesOf(client), audience));
}
