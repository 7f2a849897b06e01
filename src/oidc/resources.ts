// Resource indicators (RFC 8707): an application that is registered with a resource may ask for tokens for it and may
// introspect such tokens. Tokens stay opaque, so that suspending a guest ends them at once.
import {
  type AccessToken,
  type Client,
  type Configuration,
  errors,
  type FindAccount,
  type KoaContextWithOIDC,
  type ResourceServer,
} from "oidc-provider";
import { apiScopes, ownApiScopes } from "../applications/api-scopes.ts";

type Resources = Record<string, { scope: string }>;

function resourcesOf(client: Client): Resources {
  return (client["guestpass_resources"] as Resources | undefined) ?? {};
}

export function resourceServerInfo(ctx: KoaContextWithOIDC, indicator: string, client: Client): ResourceServer {
  if (indicator === adminResource(ctx.oidc.issuer)) return adminServerInfo(ctx, client);
  const resource = resourcesOf(client)[indicator];
  if (!resource) throw new errors.InvalidTarget("the application is not registered with this resource");
  return { audience: indicator, scope: resource.scope, accessTokenFormat: "opaque" };
}

/** The administration API as a resource (RFC 8707). */
export function adminResource(issuer: string): string {
  return `${issuer}/admin`;
}

/** What an application gets a token for with its own credentials when it does not say: there is nothing else. */
export function defaultResource(
  { oidc }: KoaContextWithOIDC,
  _client: Client,
  oneOf?: readonly string[],
): string | readonly string[] | undefined {
  const ownCredentials = oidc.route === "token" && oidc.params?.["grant_type"] === "client_credentials";
  return oneOf ?? (ownCredentials ? adminResource(oidc.issuer) : undefined);
}

/** Only an application's own credentials open the administration API: a guest's sign-in never does. */
function adminServerInfo({ oidc }: KoaContextWithOIDC, client: Client): ResourceServer {
  if (oidc.route !== "token" || oidc.params?.["grant_type"] !== "client_credentials")
    throw new errors.InvalidTarget("the administration API takes client credentials only");
  if (client.clientAuthMethod === "none")
    throw new errors.InvalidTarget("the administration API needs an application that proves who it is");
  const scope = (client["guestpass_administrator"] === true ? apiScopes : ownApiScopes).join(" ");
  return { audience: adminResource(oidc.issuer), scope, accessTokenFormat: "opaque" };
}

type Introspection = NonNullable<NonNullable<Configuration["features"]>["introspection"]>;

/** An application introspects its own tokens and those for a resource it is registered with; a guest who is gone has none. */
export function mayIntrospect(findAccount: FindAccount): NonNullable<Introspection["allowedPolicy"]> {
  return async (ctx, client, token) => {
    const { accountId } = token as { accountId?: string };
    if (token.clientId !== client.clientId && !isAudience(client, token)) return false;
    if (accountId === undefined) return token.clientId === client.clientId;
    return (await findAccount(ctx, accountId, token as AccessToken)) !== undefined;
  };
}

function isAudience(client: Client, token: object): boolean {
  const { aud } = token as { aud?: string | string[] };
  return client.clientAuthMethod !== "none" && [aud ?? []].flat().some((audience) => Object.hasOwn(resourcesOf(client), audience));
}
