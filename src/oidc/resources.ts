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
import { guestScopes } from "../applications/registration.ts";

type Resources = Record<string, { scope: string }>;

function resourcesOf(client: Client): Resources {
  return (client["guestpass_resources"] as Resources | undefined) ?? {};
}

/** @throws InvalidTarget; InvalidScope if a token for the resource would have no scope there (RFC 6749, 3.3) */
export function resourceServerInfo(ctx: KoaContextWithOIDC, indicator: string, client: Client): ResourceServer {
  const info = indicator === adminResource(ctx.oidc.issuer) ? adminServerInfo(ctx, client) : ownServerInfo(indicator, client);
  refuseEmptyToken(ctx, indicator, info.scope);
  return info;
}

function ownServerInfo(indicator: string, client: Client): ResourceServer {
  const resource = resourcesOf(client)[indicator];
  if (!resource) throw new errors.InvalidTarget("the application is not registered with this resource");
  return { audience: indicator, scope: resource.scope, accessTokenFormat: "opaque" };
}

/** Checked while it still costs nothing: before a screen is shown, and before a code or a refresh token is used up. */
function refuseEmptyToken({ oidc }: KoaContextWithOIDC, indicator: string, registered: string): void {
  const forItself = oidc.params?.["grant_type"] === "client_credentials";
  if (!beginsSignIn(oidc.route) && !(oidc.route === "token" && forItself)) return;
  const scopes = registered.split(" ").filter(Boolean);
  const asked = oidc.requestParamScopes;
  if (scopes.length === 0 || scopes.some((scope) => asked.has(scope))) return;
  throw new errors.InvalidScope(`a token for ${indicator} needs one of its scopes: ${scopes.join(" ")}`, [...asked].join(" "));
}

function beginsSignIn(route: string): boolean {
  return route === "authorization" || route === "pushed_authorization_request";
}

/** Without a resource only scopes about the guest can be granted; scopes of an API beside them are left out. */
function refuseWithoutResource({ oidc }: KoaContextWithOIDC, client: Client): void {
  const asked = [...oidc.requestParamScopes];
  if (asked.some((scope) => guestScopes.includes(scope))) return;
  const [scope, resource] = asked.flatMap((each) => resourcesWith(client, each).map((indicator) => [each, indicator] as const))[0] ?? [];
  const what =
    scope !== undefined
      ? `${scope} is a scope of ${resource}: send resource=${resource}`
      : asked.length === 0
        ? "request the scopes that you need: openid signs a guest in"
        : "none of these scopes can be granted: openid signs a guest in";
  throw new errors.InvalidScope(what, asked.join(" "));
}

function resourcesWith(client: Client, scope: string): string[] {
  return Object.entries(resourcesOf(client)).flatMap(([indicator, server]) => (server.scope.split(" ").includes(scope) ? [indicator] : []));
}

/** The administration API as a resource (RFC 8707). */
export function adminResource(issuer: string): string {
  return `${issuer}/admin`;
}

/**
 * The resource of a token that an application gets with its own credentials without naming one: there is only one.
 * @throws InvalidScope if a sign-in asks only for scopes that cannot be granted
 */
export function defaultResource(
  ctx: KoaContextWithOIDC,
  client: Client,
  oneOf?: readonly string[],
): string | readonly string[] | undefined {
  const { oidc } = ctx;
  if (oneOf === undefined && beginsSignIn(oidc.route)) refuseWithoutResource(ctx, client);
  const ownCredentials = oidc.route === "token" && oidc.params?.["grant_type"] === "client_credentials";
  return oneOf ?? (ownCredentials ? adminResource(oidc.issuer) : undefined);
}

/** Only an application's own credentials open the administration API: a guest's sign-in never does. */
function adminServerInfo({ oidc }: KoaContextWithOIDC, client: Client): ResourceServer {
  if (oidc.route !== "token" || oidc.params?.["grant_type"] !== "client_credentials")
    throw new errors.InvalidTarget("the administration API accepts only client credentials");
  if (client.clientAuthMethod === "none") throw new errors.InvalidTarget("the administration API is for applications that authenticate");
  const scope = (client["guestpass_administrator"] === true ? apiScopes : ownApiScopes).join(" ");
  return { audience: adminResource(oidc.issuer), scope, accessTokenFormat: "opaque" };
}

type Introspection = NonNullable<NonNullable<Configuration["features"]>["introspection"]>;

/** An application introspects its own tokens and those for a resource it is registered with; a guest who is gone has none. */
export function mayIntrospect(findAccount: FindAccount): NonNullable<Introspection["allowedPolicy"]> {
  return async (ctx, client, token) => {
    const { accountId } = token as { accountId?: string };
    if (token.clientId !== client.clientId && !isAudience(ctx, client, token)) return false;
    if (accountId === undefined) return true;
    return (await findAccount(ctx, accountId, token as AccessToken)) !== undefined;
  };
}

/** Tokens for the administration API are only for Guestpass itself, whatever a resource is called. */
function isAudience({ oidc }: KoaContextWithOIDC, client: Client, token: object): boolean {
  const { aud } = token as { aud?: string | string[] };
  const registered = (audience: string) => audience !== adminResource(oidc.issuer) && Object.hasOwn(resourcesOf(client), audience);
  return client.clientAuthMethod !== "none" && [aud ?? []].flat().some(registered);
}
