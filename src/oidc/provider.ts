// oidc-provider, configured: authorization code with PKCE, refresh tokens that rotate, nothing implicit, no dynamic registration.
import type { JWK } from "jose";
import type { Context, Next } from "koa";
import Provider, { type Client, type Configuration, type errors, type KoaContextWithOIDC } from "oidc-provider";
import type { Admission } from "../admission/admission.ts";
import type { Applications } from "../applications/applications.ts";
import { guestScopes } from "../applications/registration.ts";
import { type Clock, day, minute, second } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Guests } from "../guests/guests.ts";
import type { Logger } from "../log.ts";
import type { Secrets } from "../secrets.ts";
import { acr, claims, findAccountAmong, refuseUnattainable, sessionSeconds, untilDeadline } from "./account.ts";
import { adapterFactory, countUsesAtomically } from "./adapter.ts";
import type { Artifacts } from "./artifacts.ts";
import { compareHashedSecrets, extraClientMetadata, pkceRequired, toClient } from "./clients.ts";
import { cookieKeys } from "./cookie-keys.ts";
import { loadExistingGrant } from "./grants.ts";
import { guestInteractionPolicy } from "./interaction-policy.ts";
import { tellByTheQueue } from "./logout-delivery.ts";
import { outboundBodyLimit, outboundFetch } from "./outbound.ts";
import { defaultResource, mayIntrospect, resourceServerInfo } from "./resources.ts";

export interface ProviderDeps {
  config: Config;
  artifacts: Artifacts;
  clock: Clock;
  log: Logger;
  secrets: Secrets;
  signingKeys: { keys: JWK[] };
  applications: Applications;
  guests: Guests;
  admission: Admission;
  languages: string[];
  pages: Pages;
}

/** The pages that oidc-provider shows by itself. */
export interface Pages {
  error: NonNullable<Configuration["renderError"]>;
  /** `form` is oidc-provider's form, whose id is "op.logoutForm". */
  signOut(ctx: KoaContextWithOIDC, form: string): Promise<void>;
  signedOut(ctx: KoaContextWithOIDC): Promise<void>;
  /** Where a form goes on by itself: an answer that is posted to the application, or signing out where nobody is signed in. */
  goingOn(ctx: Context, next: Next): Promise<void>;
}

export function createProvider(deps: ProviderDeps): Provider {
  const provider = new Provider(deps.config.issuer, configuration(deps));
  compareHashedSecrets(provider, deps.clock);
  countUsesAtomically(provider, deps);
  provider.use(noTypeWithoutContent);
  provider.use(deps.pages.goingOn);
  keepAsChosen(provider);
  tellByTheQueue(provider);
  report(provider, deps.log);
  return provider;
}

function configuration({
  config,
  artifacts,
  clock,
  secrets,
  signingKeys,
  applications,
  guests,
  admission,
  languages,
  pages,
}: ProviderDeps): Configuration {
  const https = config.issuer.startsWith("https:");
  const sessionSpan = { idle: seconds(config.session.days * day), absolute: seconds(config.session.absoluteDays * day) };
  const refreshTokenSpan = seconds(config.tokens.refreshTokenDays * day);
  const findClient = async (id: string) => {
    const application = await applications.find(id);
    return application && toClient(application);
  };
  const findAccount = findAccountAmong({ guests, applications, admission, clock });
  return {
    adapter: adapterFactory({ artifacts, clock, findClient }),
    jwks: signingKeys as NonNullable<Configuration["jwks"]>,
    findAccount,
    claims,
    acrValues: [acr],
    scopes: guestScopes,
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
    clientBasedCORS: fromOwnPage,
    fetch: outboundFetch(config.allowedNetworks),
    fetchResponseBodyLimits: { jwks_uri: outboundBodyLimit },
    extraClientMetadata,
    pkce: { required: pkceRequired },
    // The authorization endpoint answers POST only where its cookie can be SameSite=None, which needs https.
    enableHttpPostMethods: https,
    cookies: cookies(https, secrets),
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true, assertClaimsParameter: refuseUnattainable },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: mayIntrospect(findAccount) },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      resourceIndicators: { enabled: true, defaultResource, getResourceServerInfo: resourceServerInfo },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: pages.signOut, postLogoutSuccessSource: pages.signedOut },
    },
    enabledJWA: {
      clientAuthSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"],
      idTokenSigningAlgValues: ["RS256", "ES256"],
      userinfoSigningAlgValues: ["RS256", "ES256"],
      dPoPSigningAlgValues: ["ES256", "EdDSA", "RS256", "PS256"],
    },
    discovery: { ui_locales_supported: languages },
    interactions: { policy: guestInteractionPolicy(admission), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    // RFC 9700, 4.14.2: every refresh token is used once, and a rotated one ends when the first of its family would have.
    rotateRefreshToken: true,
    ttl: {
      AccessToken: (ctx) => untilDeadline(clock, seconds(config.tokens.accessTokenMinutes * minute), ctx),
      AuthorizationCode: 60,
      ClientCredentials: 10 * 60,
      IdToken: (ctx) => untilDeadline(clock, 60 * 60, ctx),
      Interaction: seconds(config.interaction.minutes * minute),
      Session: (_ctx, session) => sessionSeconds(clock, sessionSpan, session.loginTs),
      Grant: Math.max(sessionSpan.idle, refreshTokenSpan),
      // The deadline of this moment is not written into it: each use asks for today's, which a looser rule or fresh proof moves.
      RefreshToken: (ctx) => ctx?.oidc?.entities.RotatedRefreshToken?.remainingTTL ?? refreshTokenSpan,
    },
    renderError: pages.error,
  };
}

/** Whole seconds, as oidc-provider counts, of milliseconds: settings may be parts of a day. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / second));
}

/** The answer of a revocation is empty (RFC 7009, 2.2). Koa would call that text, which oidc-client-ts takes for an error. */
async function noTypeWithoutContent(ctx: Context, next: Next): Promise<void> {
  await next();
  if (ctx.body === "") ctx.remove("Content-Type");
}

/** On https the prefixes keep another host of the domain from planting a cookie (RFC 6265bis, 4.1.3). */
function cookies(https: boolean, secrets: Secrets): NonNullable<Configuration["cookies"]> {
  return {
    names: https
      ? { session: "__Host-guestpass_session", interaction: "__Secure-guestpass_interaction", resume: "__Secure-guestpass_resume" }
      : { session: "guestpass_session", interaction: "guestpass_interaction", resume: "guestpass_resume" },
    keys: cookieKeys(secrets.cookies),
    long: { httpOnly: true, sameSite: https ? "none" : "lax", secure: https, path: "/", signed: true },
    short: { httpOnly: true, sameSite: "lax", secure: https, signed: true },
  };
}

/** A browser application may call the token and userinfo endpoints from the origin of one of its redirect URIs. */
function fromOwnPage(ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  const browser = ctx.oidc.route === "userinfo" || client.clientAuthMethod === "none";
  return browser && origin !== "null" && (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin);
}

/** oidc-provider remembers that a session ends with the browser even where the guest has chosen otherwise since. */
function keepAsChosen(provider: Provider): void {
  provider.on("interaction.ended", ({ oidc: { session, result } }) => {
    const remember = result?.login?.remember;
    if (session && remember !== undefined) session.transient = !remember;
  });
}

function report(provider: Provider, log: Logger): void {
  provider.on("server_error", (ctx, error) => log.error({ err: error, id: ctx.state["requestId"] }, "a protocol request failed"));
  const refused = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) =>
    log.info(
      {
        error: error.error,
        description: error.error_description,
        detail: error.error_detail,
        route: ctx.oidc.route,
        id: ctx.state["requestId"],
      },
      "a protocol request was refused",
    );
  provider.on("authorization.error", refused);
  provider.on("grant.error", refused);
  provider.on("userinfo.error", refused);
  provider.on("introspection.error", refused);
  provider.on("revocation.error", refused);
  provider.on("end_session.error", refused);
}
