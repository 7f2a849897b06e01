// Signing guests in with OpenID Connect: authorization code, PKCE, state and nonce. Everything a relying application
// has to do is in this file; openid-client does the checking.
import * as oidc from "openid-client";
import { callbackOf, type Settings, signedOutOf } from "./settings.ts";

/** A sign-in that has begun in one browser and is not back yet. */
export interface PendingSignIn {
  codeVerifier: string;
  nonce: string;
  /** Path to open afterwards. It is one of our own, never one that a request names: no open redirect. */
  returnTo: string;
}

export interface Guest {
  /** Who it is, for good. An address can change; this does not. */
  sub: string;
  /** Undefined unless the provider says that it is verified. */
  verifiedEmail: string | undefined;
  idToken: string;
  idTokenClaims: oidc.IDToken;
  userInfo: oidc.UserInfoResponse;
}

export type SignInOutcome =
  | { outcome: "signed-in"; guest: Guest }
  /** The guest went back without signing in. */
  | { outcome: "declined" }
  /** A check failed, or the provider refused; the reason is for the log. */
  | { outcome: "failed"; reason: string };

/** The provider cannot be reached, or answers with something else than OpenID Connect. */
export class ProviderUnavailable extends Error {}

export class SignIn {
  readonly #settings: Settings;
  #provider: Promise<oidc.Configuration> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** @returns where to send the browser, and what to remember for this browser, under `state`, until it is back */
  async begin(returnTo: string, extra: { prompt?: "login" } = {}): Promise<{ url: URL; state: string; pending: PendingSignIn }> {
    const provider = await this.#discover();
    const state = oidc.randomState();
    const pending = { codeVerifier: oidc.randomPKCECodeVerifier(), nonce: oidc.randomNonce(), returnTo };
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: callbackOf(this.#settings),
      scope: "openid email profile",
      state,
      nonce: pending.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pending.codeVerifier),
      code_challenge_method: "S256",
      ...extra,
    });
    return { url, state, pending };
  }

  /**
   * Checks the answer of the provider and redeems its code: state, issuer (RFC 9207), PKCE, and the ID token's signature,
   * issuer, audience, times and nonce.
   * @param search the query that the browser came back with
   */
  async finish(search: string, state: string, pending: PendingSignIn): Promise<SignInOutcome> {
    const provider = await this.#discover();
    const answer = new URL(callbackOf(this.#settings));
    answer.search = search;
    const checks = { expectedState: state, expectedNonce: pending.nonce, pkceCodeVerifier: pending.codeVerifier, idTokenExpected: true };
    try {
      const tokens = await oidc.authorizationCodeGrant(provider, answer, checks);
      const idTokenClaims = tokens.claims() as oidc.IDToken;
      const userInfo = await oidc.fetchUserInfo(provider, tokens.access_token, idTokenClaims.sub);
      return {
        outcome: "signed-in",
        guest: {
          sub: idTokenClaims.sub,
          verifiedEmail: userInfo.email_verified === true ? userInfo.email : undefined,
          idToken: tokens.id_token as string,
          idTokenClaims,
          userInfo,
        },
      };
    } catch (error) {
      return explain(error);
    }
  }

  /** Where to send the browser so that the guest is signed out at the provider too (RP-Initiated Logout 1.0). */
  async signOutUrl({ idToken }: Guest): Promise<URL> {
    const parameters = { id_token_hint: idToken, post_logout_redirect_uri: signedOutOf(this.#settings) };
    return oidc.buildEndSessionUrl(await this.#discover(), parameters);
  }

  /** Reads the provider's metadata once; after a failure, the next sign-in tries again. */
  async #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    // Plain http is for a provider on this machine only.
    const insecure = new URL(issuer).protocol === "http:" ? [oidc.allowInsecureRequests] : [];
    this.#provider ??= oidc.discovery(new URL(issuer), clientId, undefined, oidc.ClientSecretBasic(clientSecret), {
      execute: [oidc.enableNonRepudiationChecks, ...insecure],
      timeout: 5,
    });
    try {
      return await this.#provider;
    } catch (cause) {
      this.#provider = undefined;
      throw new ProviderUnavailable(`${issuer} cannot be discovered`, { cause });
    }
  }
}

/** @throws ProviderUnavailable, or what is nothing to do with the protocol */
function explain(error: unknown): SignInOutcome {
  if (error instanceof oidc.AuthorizationResponseError) {
    return error.error === "access_denied" ? { outcome: "declined" } : { outcome: "failed", reason: error.error };
  }
  if (error instanceof oidc.ResponseBodyError) return { outcome: "failed", reason: error.error };
  // openid-client hands on what fetch throws: TypeError where there is no connection.
  if (error instanceof TypeError || (error instanceof oidc.ClientError && error.code === "OAUTH_TIMEOUT")) {
    throw new ProviderUnavailable("the provider does not answer", { cause: error });
  }
  if (error instanceof oidc.ClientError) return { outcome: "failed", reason: `${error.message}: ${String(error.cause)}` };
  throw error;
}
