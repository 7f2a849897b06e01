// Logout tokens: the provider announces that a session has ended (OpenID Connect Back-Channel Logout 1.0, section 2.6).
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type Provider, ProviderUnavailable } from "./provider.ts";
import type { Settings } from "./settings.ts";

/** The sessions that have ended: the one with this `sid`, or without it all of this `sub`. */
export type EndOfSession = { sid: string; sub?: string } | { sub: string };

const event = "http://schemas.openid.net/event/backchannel-logout";
/** Seconds: how old a token may be, and how far the two clocks may be apart. */
const oldest = 120;
const tolerance = 30;

export class LogoutTokens {
  readonly #provider: Provider;
  readonly #settings: Settings;
  #keys: JWTVerifyGetKey | undefined;
  /** Accepted tokens, by their `jti`, until they have expired. */
  readonly #taken = new Map<string, number>();

  constructor(provider: Provider, settings: Settings) {
    this.#provider = provider;
    this.#settings = settings;
  }

  /** @returns undefined if it is not the provider's token for this application, or was used before. @throws ProviderUnavailable */
  async take(token: string): Promise<EndOfSession | undefined> {
    const claims = await this.#verify(token);
    if (!claims || "nonce" in claims || !saysLogout(claims) || this.#cameBefore(claims)) return undefined;
    const { sid, sub } = claims;
    if (typeof sid === "string") return { sid, ...(sub !== undefined && { sub }) };
    return sub === undefined ? undefined : { sub };
  }

  /** Signature, type, issuer, audience and times. The type alone keeps an ID token from being taken for one (RFC 8725, 3.11). */
  async #verify(token: string): Promise<JWTPayload | undefined> {
    const { issuer, clientId } = this.#settings;
    const provider = await this.#provider.discover();
    this.#keys ??= createRemoteJWKSet(new URL(provider.serverMetadata().jwks_uri as string));
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        typ: "logout+jwt",
        issuer,
        audience: clientId,
        algorithms: [provider.clientMetadata().id_token_signed_response_alg ?? "RS256"],
        requiredClaims: ["iat", "exp", "jti", "events"],
        maxTokenAge: oldest,
        clockTolerance: tolerance,
      });
      return payload;
    } catch (cause) {
      if (cause instanceof errors.JOSEError) return undefined;
      throw new ProviderUnavailable("the provider's keys cannot be read", { cause });
    }
  }

  #cameBefore({ jti = "", exp = 0 }: JWTPayload): boolean {
    const now = Date.now() / 1000;
    for (const [id, until] of this.#taken) if (until < now) this.#taken.delete(id);
    if (this.#taken.has(jti)) return true;
    this.#taken.set(jti, exp + tolerance);
    return false;
  }
}

function saysLogout({ events }: JWTPayload): boolean {
  const said = (events as Record<string, unknown> | null)?.[event];
  return typeof said === "object" && said !== null;
}
