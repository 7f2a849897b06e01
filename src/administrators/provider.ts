// The organisation's own OpenID provider, where administrators sign in, by openid-client, which is loaded when the first does. What the way back
// has to bring (state, nonce, PKCE) follows from a ticket that the browser keeps in a cookie: nothing is stored, and another browser has no use
// for what an address bar shows.
import type { ClientAuth, ClientError, Configuration, CustomFetch, IDToken } from "openid-client";
import { type Clock, hour } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { AnsweredChallenge, Challenges } from "../passkeys/challenges.ts";
import type { KeyRing } from "../secrets.ts";
import { type Role, roles } from "./administrator.ts";

interface ProviderSettings {
  issuer: string;
  clientId: string;
  clientSecret: string;
  scope: string;
  claim: string;
  roles: Partial<Record<Role, string | undefined>>;
}

export interface ProviderDeps {
  clock: Clock;
  log: Logger;
  key: KeyRing;
  challenges: Challenges;
  settings: ProviderSettings;
  /** Where the provider sends the browser back to. */
  callback: string;
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

/** Somebody for whom the provider answers. */
export interface ProvedPerson {
  issuer: string;
  subject: string;
  /** As the provider has it; undefined if it has none, or has not verified it. */
  email: string | undefined;
  name: string | null;
  /** Undefined where none follows from the claim. */
  role: Role | undefined;
  /** When the person last signed in at the provider (milliseconds since the epoch); undefined if it does not say. */
  signedInAt: number | undefined;
  answered: AnsweredChallenge;
}

export type ProviderAnswer =
  | { outcome: "proved"; person: ProvedPerson }
  | { outcome: "not-begun-here" | "cancelled" | "unreachable" }
  /** What it said cannot be believed. */
  | { outcome: "not-believed"; why: string };

/** For so long a discovery document is believed. */
const knownFor = hour;

export class Provider {
  readonly #deps: ProviderDeps;
  #known: { until: number; configuration: Promise<Configuration> } | undefined;

  constructor(deps: ProviderDeps) {
    this.#deps = deps;
  }

  get issuer(): string {
    return this.#deps.settings.issuer;
  }

  /**
   * @param confirming a session whose owner shows to be there: the provider asks for more than its own session
   * @returns where to send the browser, and the ticket that it keeps; undefined if the provider does not answer
   */
  async begin(confirming?: string): Promise<{ url: URL; ticket: string } | undefined> {
    const { challenges, settings, callback } = this.#deps;
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import("openid-client");
    const ticket = challenges.make(purposeOf(confirming)).toString("base64url");
    const configuration = await this.#configuration().catch((error: Error) => this.#failed(error));
    if (!configuration) return undefined;
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: callback,
      scope: settings.scope,
      code_challenge: await calculatePKCECodeChallenge(this.#derived(ticket, "verifier")),
      code_challenge_method: "S256",
      state: this.#derived(ticket, "state"),
      nonce: this.#derived(ticket, "nonce"),
      ...(confirming === undefined ? {} : { prompt: "login", max_age: "0" }),
    });
    return { url, ticket };
  }

  /** Whether the ticket is one of a session whose owner shows to be there. */
  confirms(ticket: string, session: string): boolean {
    return this.#deps.challenges.answered(purposeOf(session), ticket) !== undefined;
  }

  /** @param query what the provider sent the browser back with @param confirming as it was begun */
  async finish(ticket: string, query: URLSearchParams, confirming?: string): Promise<ProviderAnswer> {
    const { clock, challenges, callback } = this.#deps;
    const answered = challenges.answered(purposeOf(confirming), ticket);
    if (!answered || query.get("state") !== this.#derived(ticket, "state")) return { outcome: "not-begun-here" };
    const { authorizationCodeGrant } = await import("openid-client");
    try {
      const configuration = await this.#configuration();
      const tokens = await authorizationCodeGrant(configuration, new URL(`${callback}?${query}`), {
        expectedState: this.#derived(ticket, "state"),
        expectedNonce: this.#derived(ticket, "nonce"),
        pkceCodeVerifier: this.#derived(ticket, "verifier"),
        // The person signed in there after they were sent there.
        ...(confirming === undefined ? {} : { maxAge: Math.ceil((clock.now() - answered.madeAt) / 1000) }),
      });
      const claims = tokens.claims();
      if (!claims) return { outcome: "not-believed", why: "it sent no ID token" };
      return { outcome: "proved", person: this.#person(await this.#complete(configuration, claims, tokens.access_token), answered) };
    } catch (error) {
      this.#failed(error as Error);
      return refusalOf(error as Error);
    }
  }

  /** @returns what discovery says, without asking for it anew within an hour */
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
    const { settings, fetch } = this.#deps;
    const { allowInsecureRequests, ClientSecretBasic, ClientSecretPost, customFetch, discovery, enableNonRepudiationChecks } = await import(
      "openid-client"
    );
    const basic = ClientSecretBasic(settings.clientSecret);
    const post = ClientSecretPost(settings.clientSecret);
    // What a provider that says nothing takes (OpenID Connect Discovery 1.0, 3).
    const authentication: ClientAuth = (server, ...rest) =>
      (server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"]).includes("client_secret_basic")
        ? basic(server, ...rest)
        : post(server, ...rest);
    const url = new URL(settings.issuer);
    return discovery(url, settings.clientId, undefined, authentication, {
      [customFetch]: ((address, init) => fetch(address, init as RequestInit)) satisfies CustomFetch,
      // Signatures are checked although TLS brought the token; without TLS only from this machine.
      execute: [enableNonRepudiationChecks, ...(url.protocol === "http:" ? [allowInsecureRequests] : [])],
    });
  }

  /** Some providers leave out of the ID token what the UserInfo endpoint says. */
  async #complete(configuration: Configuration, claims: IDToken, accessToken: string): Promise<IDToken> {
    const needed = [this.#deps.settings.claim, "email"];
    if (needed.every((name) => claims[name] !== undefined) || !configuration.serverMetadata().userinfo_endpoint) return claims;
    const { fetchUserInfo } = await import("openid-client");
    return { ...(await fetchUserInfo(configuration, accessToken, claims.sub)), ...claims } as IDToken;
  }

  #person(claims: IDToken, answered: AnsweredChallenge): ProvedPerson {
    const { settings, clock } = this.#deps;
    const { iss, sub, email, email_verified: verified, name, auth_time: at } = claims;
    const held = [claims[settings.claim]].flat();
    return {
      issuer: iss,
      subject: sub,
      email: typeof email === "string" && /^[^\s@]+@[^\s@]+$/.test(email) && email.length <= 254 && verified !== false ? email : undefined,
      name: typeof name === "string" && name.trim() !== "" ? name.trim().slice(0, 100) : null,
      role: roles.find((role) => settings.roles[role] !== undefined && held.includes(settings.roles[role])),
      signedInAt: at === undefined ? undefined : Math.min(at * 1000, clock.now()),
      answered,
    };
  }

  /** 43 characters, as a code verifier needs (RFC 7636, 4.1). */
  #derived(ticket: string, what: "state" | "nonce" | "verifier"): string {
    return this.#deps.key.mac("provider", what, ticket).toString("base64url");
  }

  #failed(error: Error): undefined {
    this.#deps.log.warn({ err: error.cause instanceof Error ? error.cause : error }, "an administrator's sign-in at the provider failed");
  }
}

function purposeOf(confirming: string | undefined): string {
  return confirming === undefined ? "provider" : `provider:${confirming}`;
}

/** What is wrong with a claim, as the page says it. */
const aboutClaims: Record<string, string> = {
  iss: "it is from another issuer",
  aud: "it is for another application",
  azp: "it is for another application",
  nonce: "it is of another sign-in",
  exp: "it is no longer good",
  nbf: "it is not good yet",
  iat: "its time of issue cannot be",
  auth_time: "you did not sign in there anew",
};

function refusalOf(error: Error): ProviderAnswer {
  const { name, code } = error as ClientError;
  if (name === "AuthorizationResponseError") return { outcome: "cancelled" };
  // Nothing answered, or not in time, or with another status than it should have.
  if (["OAUTH_TIMEOUT", "OAUTH_ABORT", "OAUTH_RESPONSE_IS_NOT_CONFORM"].includes(code ?? "") || (name === "TypeError" && !code))
    return { outcome: "unreachable" };
  if (name === "ResponseBodyError")
    return { outcome: "not-believed", why: "it gave no tokens for its code (is the client's secret right?)" };
  const claim = claimOf(error);
  return { outcome: "not-believed", why: (claim && aboutClaims[claim]) ?? "its form or its signature is not right" };
}

/** openid-client wraps the error that names the claim. */
function claimOf(error: Error, depth = 0): string | undefined {
  const cause = error.cause as { claim?: unknown } | Error | undefined;
  if (cause && "claim" in cause && typeof cause.claim === "string") return cause.claim;
  return cause instanceof Error && depth < 3 ? claimOf(cause, depth + 1) : undefined;
}
