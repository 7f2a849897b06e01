// oidc-provider, configured: authorization code with PKCE, refresh tokens, nothing implicit, no dynamic registration.
import type { Context, Next } from "koa";
import Provider, { type Client, type Configuration, type errors, type KoaContextWithOIDC } from "oidc-provider";
import type { Admission } from "../admission/admission.ts";
import type { Applications } from "../applications/applications.ts";
import type { Refusals } from "../applications/refusals.ts";
import { guestScopes } from "../applications/registration.ts";
import { type Clock, day, minute, second } from "../clock.ts";
import type { Config } from "../configuration/config.ts";
import type { Consents } from "../consents/consents.ts";
import { isAway, retryAfter } from "../database/away.ts";
import type { Guests } from "../guests/guests.ts";
import type { KeySet, SigningAlgorithm } from "../keys/signing-keys.ts";
import type { Logger } from "../log.ts";
import { outboundBodyLimit, outboundFetch } from "../outbound/outbound.ts";
import type { Secrets } from "../secrets.ts";
import { adapterFactory, countUsesAtomically } from "./adapter.ts";
import type { Capped } from "./artifact-store.ts";
import type { Artifacts } from "./artifacts.ts";
import { claims, contexts, findAccountAmong, refuseUnattainable, sessionSeconds, untilDeadline } from "./claims.ts";
import { refuseUnfitAssertion } from "./client-assertions.ts";
import { compareHashedSecrets, extraClientMetadata, fapiProfile, pkceRequired, toClient } from "./clients.ts";
import { cookieKeys } from "./cookie-keys.ts";
import { limitForms } from "./form-size.ts";
import { grantsBy } from "./grants.ts";
import { guestInteractionPolicy } from "./interaction-policy.ts";
import { tellByTheQueue } from "./logout-delivery.ts";
import { PublishedKey } from "./published-key.ts";
import { rotates } from "./refresh.ts";
import { defaultResource, mayIntrospect, resourceServerInfo } from "./resources.ts";
import { keepUpstreamEnd, noteUpstreamSessions } from "./upstream-session.ts";

export interface ProviderDeps {
  config: Config;
  artifacts: Artifacts;
  clock: Clock;
  log: Logger;
  secrets: Secrets;
  signingKeys: KeySet;
  applications: Applications;
  refusals: Refusals;
  consents: Consents;
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
  /** A form that submits itself: an answer that is posted to the application, or signing out when nobody is signed in. */
  goingOn(ctx: Context, next: Next): Promise<void>;
}

export function createProvider(deps: ProviderDeps): Provider {
  const provider = new Provider(deps.config.issuer, configuration(deps));
  compareHashedSecrets(provider, deps.clock);
  countUsesAtomically(provider, deps);
  provider.use(limitForms);
  provider.use(noTypeWithoutContent);
  provider.use(deps.pages.goingOn);
  readScopesLeniently(provider);
  keepAsChosen(provider);
  tellByTheQueue(provider);
  keepUpstreamEnd(provider);
  noteUpstreamSessions(provider, { ...deps, lasts: deps.config.session.absoluteDays * day });
  report(provider, deps);
  return provider;
}

function configuration({
  config,
  artifacts,
  clock,
  secrets,
  signingKeys,
  applications,
  consents,
  guests,
  admission,
  languages,
  pages,
}: ProviderDeps): Configuration {
  const https = config.issuer.startsWith("https:");
  const sessionSpan = { idle: seconds(config.session.days * day), absolute: seconds(config.session.absoluteDays * day) };
  const refreshTokenSpan = seconds(config.tokens.refreshTokenDays * day);
  const algorithms: SigningAlgorithm[] = config.keys.algorithms;
  const findClient = async (id: string) => {
    const application = await applications.find(id);
    return application && toClient(application);
  };
  const findAccount = findAccountAmong({ guests, applications, admission, clock, sessionUntil: () => artifacts.sessionUntil });
  return {
    adapter: adapterFactory({ artifacts, clock, refreshGrace: config.tokens.refreshGraceSeconds * second, findClient }),
    jwks: { keys: [...signingKeys.signing, ...signingKeys.published.map((jwk) => new PublishedKey(jwk))] } as NonNullable<
      Configuration["jwks"]
    >,
    findAccount,
    claims,
    acrValues: [...new Set(Object.values(contexts).map(({ acr }) => acr))],
    scopes: guestScopes,
    // The provider that the application would like its guest to sign in at.
    extraParams: ["idp_hint"],
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
    clientBasedCORS: fromOwnPage,
    fetch: outboundFetch(config.allowedNetworks),
    fetchResponseBodyLimits: { jwks_uri: outboundBodyLimit },
    extraClientMetadata,
    pkce: { required: pkceRequired },
    allowOmittingSingleRegisteredRedirectUri: false,
    assertJwtClientAuthClaimsAndHeader: refuseUnfitAssertion(clock),
    // The authorization endpoint answers POST only if its cookie can be SameSite=None, which needs https.
    enableHttpPostMethods: https,
    cookies: cookies(https, secrets),
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true, assertClaimsParameter: refuseUnattainable },
      clientCredentials: { enabled: true },
      fapi: { enabled: true, profile: fapiProfile },
      introspection: { enabled: true, allowedPolicy: mayIntrospect(findAccount) },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      resourceIndicators: { enabled: true, defaultResource, getResourceServerInfo: resourceServerInfo },
      backchannelLogout: { enabled: true },
      externalSigningSupport: { enabled: true, ack: "experimental-01" },
      rpInitiatedLogout: { enabled: true, logoutSource: pages.signOut, postLogoutSuccessSource: pages.signedOut },
    },
    enabledJWA: {
      clientAuthSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"],
      idTokenSigningAlgValues: algorithms,
      userinfoSigningAlgValues: algorithms,
      dPoPSigningAlgValues: ["ES256", "EdDSA", "PS256"],
    },
    discovery: { ui_locales_supported: languages },
    interactions: {
      policy: guestInteractionPolicy({ admission, guests, endedSession: () => artifacts.endedSession }),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    loadExistingGrant: grantsBy(consents),
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: rotates,
    ttl: {
      AccessToken: (ctx) => untilDeadline(clock, seconds(config.tokens.accessTokenMinutes * minute), ctx),
      AuthorizationCode: 60,
      ClientCredentials: 10 * 60,
      IdToken: (ctx) => untilDeadline(clock, 60 * 60, ctx),
      Interaction: seconds(config.interaction.minutes * minute),
      Session: (_ctx, session) => sessionSeconds(clock, sessionSpan, session.loginTs, (session as Capped).upstreamUntil),
      Grant: Math.max(sessionSpan.idle, refreshTokenSpan),
      // The current deadline is not written into it: each use computes it anew, since a looser rule or fresh proof moves it.
      // A rotated one ends when the first of its family would have.
      RefreshToken: (ctx) => ctx?.oidc?.entities.RotatedRefreshToken?.remainingTTL ?? refreshTokenSpan,
    },
    renderError: pages.error,
  };
}

/** Milliseconds to whole seconds, oidc-provider's unit: settings may be fractions of a day. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / second));
}

/** The answer to a revocation is empty (RFC 7009, 2.2). Koa would label it as text, which oidc-client-ts takes for an error. */
async function noTypeWithoutContent(ctx: Context, next: Next): Promise<void> {
  await next();
  if (ctx.body === "") ctx.remove("Content-Type");
}

/**
 * Applications are configured by hand, so extra spaces around and between scopes are ignored. oidc-provider checks them before any
 * hook, in a query as in a body; each of its endpoints puts its parameters here first.
 */
function readScopesLeniently({ OIDCContext }: Provider): void {
  const given = new WeakMap<object, Parameters | undefined>();
  Object.defineProperty(OIDCContext.prototype, "params", {
    get: function (this: object) {
      return given.get(this);
    },
    set: function (this: object, params: Parameters | undefined) {
      if (typeof params?.["scope"] === "string") params["scope"] = params["scope"].split(/\s+/).filter(Boolean).join(" ") || undefined;
      given.set(this, params);
    },
  });
}

type Parameters = Record<string, unknown>;

/**
 * On https the prefix __Host- keeps another host of the domain from planting a session (RFC 6265bis, 4.1.3.2). Those of a sign-in have a path
 * of their own, which it does not allow, so nothing in them is trusted (src/oidc/resumption.ts).
 */
export function cookieNames(https: boolean) {
  return https
    ? { session: "__Host-guestpass_session", interaction: "__Secure-guestpass_interaction", resume: "__Secure-guestpass_resume" }
    : { session: "guestpass_session", interaction: "guestpass_interaction", resume: "guestpass_resume" };
}

function cookies(https: boolean, secrets: Secrets): NonNullable<Configuration["cookies"]> {
  return {
    names: cookieNames(https),
    keys: cookieKeys(secrets.cookies),
    long: { httpOnly: true, sameSite: https ? "none" : "lax", secure: https, path: "/", signed: true },
    short: { httpOnly: true, sameSite: "lax", secure: https, signed: false },
  };
}

/** A browser application may call the token and userinfo endpoints from the origin of one of its redirect URIs. */
function fromOwnPage(ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  const browser = ctx.oidc.route === "userinfo" || client.clientAuthMethod === "none";
  return browser && origin !== "null" && (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin);
}

/** oidc-provider remembers that a session ends with the browser even if the guest has chosen otherwise since. */
function keepAsChosen(provider: Provider): void {
  provider.on("interaction.ended", ({ oidc: { session, result } }) => {
    const remember = result?.login?.remember;
    if (session && remember !== undefined) session.transient = !remember;
  });
}

/** A page has already said so (pages.ts); programs get the error code of RFC 6749. */
function answerAway(ctx: KoaContextWithOIDC): void {
  ctx.status = 503;
  ctx.set("Retry-After", String(retryAfter));
  if (typeof ctx.body !== "string") ctx.body = { error: "temporarily_unavailable", error_description: "try again in a few seconds" };
}

function report(provider: Provider, { log, refusals }: ProviderDeps): void {
  provider.on("server_error", (ctx, error) => {
    log.error({ err: error, id: ctx.state["requestId"] }, "a protocol request failed");
    if (isAway(error)) answerAway(ctx);
  });
  const refused = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) =>
    log.info(
      {
        error: error.error,
        description: error.error_description,
        detail: error.error_detail,
        route: ctx.oidc.route,
        client: ctx.oidc.client?.clientId,
        id: ctx.state["requestId"],
      },
      "a protocol request was refused",
    );
  provider.on("authorization.error", refused);
  provider.on("grant.error", refused);
  provider.on("grant.error", (ctx, { error, error_description: description, error_detail: detail }) => {
    refusals.note(ctx.oidc.client?.clientId, `${error}: ${description ?? ""}${detail ? ` (${detail})` : ""}`);
  });
  provider.on("userinfo.error", refused);
  provider.on("introspection.error", refused);
  provider.on("revocation.error", refused);
  provider.on("end_session.error", refused);
}
