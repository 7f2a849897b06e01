// An OpenID provider with Guestpass as its client, by openid-client, which is loaded at first use: the organisation's, where administrators sign
// in, and those of partners, where guests do. The caller keeps the values that the answer has to bring (state, nonce, PKCE).
import type { createRemoteJWKSet, FetchImplementation } from "jose";
import type { ClientAuth, ClientError, Configuration, CustomFetch, IDToken, ServerMetadata } from "openid-client";
import { type Clock, hour } from "../clock.ts";

export interface Registration {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Separated by spaces. */
  scope: string;
}

export interface RelyingPartyDeps {
  clock: Clock;
  registration: Registration;
  /** The address to which the provider sends the browser back. */
  callback: string;
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

/** The values by which one sign-in at the provider is recognised. Each has 43 characters or more, as a code verifier needs (RFC 7636, 4.1). */
export interface Sent {
  state: string;
  nonce: string;
  verifier: string;
}

export type Answered =
  /** The claims of an ID token that was checked, and of userinfo if it was asked; `claims` has both. */
  | { outcome: "answered"; claims: IDToken; idToken: IDToken; userinfo: object | undefined }
  /** The state is not the one that was sent. */
  | { outcome: "not-begun-here" }
  | { outcome: "cancelled" | "unreachable"; error: Error }
  /** Its answer cannot be trusted. @param about the claim that is wrong, or "client" if it gave no tokens */
  | { outcome: "not-believed"; about: string | undefined; error: Error };

/** The contents of a logout token. */
export interface LoggedOut {
  subject: string | undefined;
  /** The session at the provider. */
  sid: string | undefined;
  jti: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout";

/** How long a discovery document is cached. */
const knownFor = hour;

export class RelyingParty {
  readonly #deps: RelyingPartyDeps;
  #keys: { at: string; find: ReturnType<typeof createRemoteJWKSet> } | undefined;
  #known: { until: number; configuration: Promise<Configuration> } | undefined;

  constructor(deps: RelyingPartyDeps) {
    this.#deps = deps;
  }

  /**
   * Where to send the browser.
   * @param fresh the person has to sign in there now, whatever session the provider has
   * @throws the error of discovery
   */
  async url({ state, nonce, verifier }: Sent, { fresh, hint }: { fresh: boolean; hint?: string }): Promise<URL> {
    const { registration, callback } = this.#deps;
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import("openid-client");
    return buildAuthorizationUrl(await this.#configuration(), {
      redirect_uri: callback,
      scope: registration.scope,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...(hint === undefined ? {} : { login_hint: hint }),
      ...(fresh ? { prompt: "login", max_age: "0" } : {}),
    });
  }

  /**
   * Redeems the code that the browser came back with.
   * @param freshSince the token has to say that the person signed in there after this (milliseconds since the epoch)
   * @param needed claims to get from the UserInfo endpoint if the ID token leaves them out, as with some providers; "all" asks in any case
   */
  async answer(
    query: URLSearchParams,
    { state, nonce, verifier }: Sent,
    { freshSince, needed }: { freshSince: number | undefined; needed: readonly string[] | "all" },
  ): Promise<Answered> {
    if (query.get("state") !== state) return { outcome: "not-begun-here" };
    const { clock, callback } = this.#deps;
    const { authorizationCodeGrant } = await import("openid-client");
    try {
      const configuration = await this.#current(await this.#configuration());
      const tokens = await authorizationCodeGrant(configuration, new URL(`${callback}?${query}`), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        ...(freshSince === undefined ? {} : { maxAge: Math.ceil((clock.now() - freshSince) / 1000) }),
      });
      const idToken = tokens.claims() as IDToken;
      const userinfo = await userinfoFor(configuration, idToken, tokens.access_token, needed);
      return { outcome: "answered", claims: { ...userinfo, ...idToken } as IDToken, idToken, userinfo };
    } catch (error) {
      return refusalOf(error as Error);
    }
  }

  /**
   * Checks a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6). Keys are fetched at most once in 30 seconds, whoever sends tokens.
   * @returns the person or session to sign out, or "refused"
   * @throws if the provider's keys cannot be fetched
   */
  async loggedOut(token: string): Promise<LoggedOut | "refused"> {
    const { createRemoteJWKSet, customFetch, errors, jwtVerify } = await import("jose");
    const { issuer, jwks_uri: keysAt } = (await this.#configuration()).serverMetadata();
    if (keysAt === undefined) return "refused";
    if (this.#keys?.at !== keysAt) {
      const fetchKeys: FetchImplementation = (url, init) => this.#deps.fetch(url, init as RequestInit);
      this.#keys = { at: keysAt, find: createRemoteJWKSet(new URL(keysAt), { [customFetch]: fetchKeys }) };
    }
    const now = this.#deps.clock.now();
    try {
      const { payload } = await jwtVerify(token, this.#keys.find, {
        issuer,
        audience: this.#deps.registration.clientId,
        requiredClaims: ["iat", "exp", "jti", "events"],
        maxTokenAge: "5 minutes",
        clockTolerance: 30,
        currentDate: new Date(now),
      });
      const { sub, sid, jti, exp, events } = payload as Record<string, unknown>;
      const event = (events as Record<string, unknown> | null)?.[logoutEvent];
      const named = [sub, sid].filter((each) => each !== undefined);
      const isText = (value: unknown) => typeof value === "string" && value !== "" && value.length <= 255;
      // Only ID tokens have a nonce.
      if (typeof event !== "object" || event === null || "nonce" in payload || named.length === 0 || ![...named, jti].every(isText))
        return "refused";
      return {
        subject: sub as string | undefined,
        sid: sid as string | undefined,
        jti: jti as string,
        expiresAt: Number(exp) * 1000 + 30_000,
      };
    } catch (error) {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && error.code !== "ERR_JOSE_GENERIC")
        return "refused";
      throw error;
    }
  }

  /** @returns the discovery document, cached for an hour */
  #configuration(): Promise<Configuration> {
    const now = this.#deps.clock.now();
    if (!this.#known || this.#known.until <= now || this.#known.until > now + knownFor) {
      const known = { until: now + knownFor, configuration: this.#discovered() };
      this.#known = known;
      known.configuration.catch(() => {
        if (this.#known === known) this.#known = undefined;
      });
    }
    return this.#known.configuration;
  }

  async #discovered(): Promise<Configuration> {
    const { registration } = this.#deps;
    const { allowInsecureRequests, customFetch, discovery } = await import("openid-client");
    const url = new URL(registration.issuer);
    return discovery(url, registration.clientId, undefined, await this.#authentication(), {
      [customFetch]: this.#fetch,
      // Without TLS only from this machine.
      execute: url.protocol === "http:" ? [allowInsecureRequests] : [],
    });
  }

  /** The same without cached keys: a provider that has changed its key since the last sign-in is trusted at once. */
  async #current(known: Configuration): Promise<Configuration> {
    const { registration } = this.#deps;
    const { allowInsecureRequests, Configuration, customFetch, enableNonRepudiationChecks } = await import("openid-client");
    const configuration = new Configuration(
      known.serverMetadata() as ServerMetadata,
      registration.clientId,
      undefined,
      await this.#authentication(),
    );
    Object.assign(configuration, { [customFetch]: this.#fetch });
    if (registration.issuer.startsWith("http:")) allowInsecureRequests(configuration);
    // Signatures are checked although TLS brought the token.
    enableNonRepudiationChecks(configuration);
    return configuration;
  }

  async #authentication(): Promise<ClientAuth> {
    const { ClientSecretBasic, ClientSecretPost } = await import("openid-client");
    const { clientSecret } = this.#deps.registration;
    const basic = ClientSecretBasic(clientSecret);
    const post = ClientSecretPost(clientSecret);
    // The default for a provider that names none (OpenID Connect Discovery 1.0, 3).
    return (server, ...rest) =>
      (server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"]).includes("client_secret_basic")
        ? basic(server, ...rest)
        : post(server, ...rest);
  }

  readonly #fetch: CustomFetch = (url, init) => this.#deps.fetch(url, init as RequestInit);
}

async function userinfoFor(
  configuration: Configuration,
  idToken: IDToken,
  accessToken: string,
  needed: readonly string[] | "all",
): Promise<object | undefined> {
  const complete = needed !== "all" && needed.every((name) => idToken[name] !== undefined);
  if (complete || !configuration.serverMetadata().userinfo_endpoint) return undefined;
  const { fetchUserInfo } = await import("openid-client");
  return fetchUserInfo(configuration, accessToken, idToken.sub);
}

function refusalOf(error: Error): Answered {
  const { name, code } = error as ClientError;
  if (name === "AuthorizationResponseError") return { outcome: "cancelled", error };
  // Nothing answered, or not in time, or with an unexpected status.
  if (["OAUTH_TIMEOUT", "OAUTH_ABORT", "OAUTH_RESPONSE_IS_NOT_CONFORM"].includes(code ?? "") || (name === "TypeError" && !code))
    return { outcome: "unreachable", error };
  return { outcome: "not-believed", about: name === "ResponseBodyError" ? "client" : claimOf(error), error };
}

/** openid-client wraps the error that names the claim. */
function claimOf(error: Error, depth = 0): string | undefined {
  const cause = error.cause as { claim?: unknown } | Error | undefined;
  if (cause && "claim" in cause && typeof cause.claim === "string") return cause.claim;
  return cause instanceof Error && depth < 3 ? claimOf(cause, depth + 1) : undefined;
}
