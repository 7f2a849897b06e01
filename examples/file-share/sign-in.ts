// Signing guests in with OpenID Connect: authorization code, PKCE, state and nonce. All of it is in this file;
// openid-client does the checking.
import * as oidc from "openid-client";
import { type Provider, ProviderUnavailable } from "./provider.ts";
import { callbackOf, type Settings, signedOutOf } from "./settings.ts";

/** A sign-in that has begun in one browser and is not back yet. */
export interface PendingSignIn {
  codeVerifier: string;
  nonce: string;
  /** Path to open afterwards. It is one of our own, never one that a request names: no open redirect. */
  returnTo: string;
}

export interface Guest {
  /** The guest's permanent identifier. An address can change; this does not. */
  sub: string;
  /** The session at the provider: a logout token names it. */
  sid: string | undefined;
  /** Milliseconds since the epoch: then the mailbox has to be proven again, and a session here must be over. */
  sessionExpiry: number;
  /** The ids of the invitations whose mailbox the guest has proven. */
  invitations: string[];
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

/** More about the request to sign in: ask even a guest who is already signed in, or a particular guest. */
export type SignInWish = { prompt?: "login"; login_hint?: string };

export class SignIn {
  readonly #provider: Provider;
  readonly #settings: Settings;

  constructor(provider: Provider, settings: Settings) {
    this.#provider = provider;
    this.#settings = settings;
  }

  /** @returns where to send the browser, and what to remember for this browser, under `state`, until it is back */
  async begin(returnTo: string, wish: SignInWish = {}): Promise<{ url: URL; state: string; pending: PendingSignIn }> {
    const provider = await this.#provider.discover();
    const state = oidc.randomState();
    const pending = { codeVerifier: oidc.randomPKCECodeVerifier(), nonce: oidc.randomNonce(), returnTo };
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: callbackOf(this.#settings),
      scope: "openid email profile invitations",
      state,
      nonce: pending.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pending.codeVerifier),
      code_challenge_method: "S256",
      ...wish,
    });
    return { url, state, pending };
  }

  /**
   * Checks the answer of the provider and redeems its code: state, issuer (RFC 9207), PKCE, and the ID token's signature,
   * issuer, audience, times and nonce.
   * @param search the query that the browser came back with
   */
  async finish(search: string, state: string, pending: PendingSignIn): Promise<SignInOutcome> {
    const provider = await this.#provider.discover();
    const answer = new URL(callbackOf(this.#settings));
    answer.search = search;
    const checks = { expectedState: state, expectedNonce: pending.nonce, pkceCodeVerifier: pending.codeVerifier, idTokenExpected: true };
    try {
      const tokens = await oidc.authorizationCodeGrant(provider, answer, checks);
      const idTokenClaims = tokens.claims() as oidc.IDToken;
      const userInfo = await oidc.fetchUserInfo(provider, tokens.access_token, idTokenClaims.sub);
      return { outcome: "signed-in", guest: toGuest(tokens.id_token as string, idTokenClaims, userInfo) };
    } catch (error) {
      return explain(error);
    }
  }

  /** Where to send the browser so that the guest is signed out at the provider too (RP-Initiated Logout 1.0). */
  async signOutUrl({ idToken }: Guest): Promise<URL> {
    const parameters = { id_token_hint: idToken, post_logout_redirect_uri: signedOutOf(this.#settings) };
    return oidc.buildEndSessionUrl(await this.#provider.discover(), parameters);
  }
}

function toGuest(idToken: string, idTokenClaims: oidc.IDToken, userInfo: oidc.UserInfoResponse): Guest {
  const { sub, sid, session_expiry: expiry } = idTokenClaims;
  const invitations = (userInfo["invitations"] ?? []) as { id: string }[];
  return {
    sub,
    sid: typeof sid === "string" ? sid : undefined,
    sessionExpiry: typeof expiry === "number" ? expiry * 1000 : Number.POSITIVE_INFINITY,
    invitations: invitations.map(({ id }) => id),
    verifiedEmail: userInfo.email_verified === true ? userInfo.email : undefined,
    idToken,
    idTokenClaims,
    userInfo,
  };
}

/** @throws ProviderUnavailable, or errors that have nothing to do with the protocol */
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
