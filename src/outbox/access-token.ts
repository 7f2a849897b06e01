// Access tokens for mail servers that accept no password (XOAUTH2): Microsoft 365 and Google.
import { z } from "zod";
import { type Clock, minute, second } from "../clock.ts";
import { parseJson } from "../json.ts";
import type { RefreshToken } from "./refresh-token.ts";

export interface OAuth2Settings {
  /** The token endpoint (RFC 6749, 3.2). */
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string | undefined;
  /** With it the token belongs to the mailbox's owner (RFC 6749, 6), otherwise to the client (4.4). */
  refreshToken?: string | undefined;
}

export interface AccessToken {
  token: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** A guarded fetch: the addresses that it may reach are decided elsewhere. */
export type TokenFetch = (url: string, init: RequestInit) => Promise<Response>;

const Answer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
});
const Refusal = z.object({ error: z.string(), error_description: z.string().optional() });
/** How long before its end a token is no longer used. */
const spare = 2 * minute;
/** The life of a token whose end is not stated (RFC 6749, 5.1). */
const assumed = 5 * minute;
const patience = 10 * second;
const longestAnswer = 64 * 1024;

/** One token for all connections of a route, renewed shortly before its end. */
export class AccessTokens {
  readonly #settings: OAuth2Settings;
  readonly #clock: Clock;
  readonly #fetch: TokenFetch;
  readonly #refreshToken: RefreshToken | undefined;
  #token: AccessToken | undefined;
  #asking: Promise<AccessToken> | undefined;

  /** @param deps.refreshToken the route's, if it has one */
  constructor(deps: { settings: OAuth2Settings; clock: Clock; fetch: TokenFetch; refreshToken?: RefreshToken | undefined }) {
    this.#settings = deps.settings;
    this.#clock = deps.clock;
    this.#fetch = deps.fetch;
    this.#refreshToken = deps.refreshToken;
  }

  /**
   * @param anew the mail server did not accept the last one
   * @throws Error in words for an operator, without secrets
   */
  async get(anew: boolean): Promise<AccessToken> {
    if (this.#token && !anew && this.#token.expiresAt - spare > this.#clock.now()) return this.#token;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** @param refused the refresh token that the endpoint no longer accepts */
  async #ask(refused?: string): Promise<AccessToken> {
    const { tokenUrl, clientId, clientSecret, scope } = this.#settings;
    const refreshToken = await this.#refreshToken?.read();
    const body = new URLSearchParams({
      grant_type: refreshToken === undefined ? "client_credentials" : "refresh_token",
      client_id: clientId,
      client_secret: clientSecret,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      ...(scope === undefined ? {} : { scope }),
    });
    const host = new URL(tokenUrl).host;
    const asked = { method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(patience) };
    const response = await this.#fetch(tokenUrl, asked).catch((error: Error & { cause?: Error }) => {
      throw new Error(`no access token: ${host} does not answer (${error.cause?.message ?? error.message})`);
    });
    const answer = await jsonOf(response);
    const given = Answer.safeParse(answer);
    // Another instance may have got a new one in the meantime.
    if (
      response.status === 400 &&
      refused === undefined &&
      refreshToken !== undefined &&
      refreshToken !== (await this.#refreshToken?.read())
    )
      return this.#ask(refreshToken);
    if (!response.ok || !given.success) throw new Error(`no access token: ${host} answers ${response.status}${wordsOf(answer)}`);
    const { access_token: token, expires_in: seconds, refresh_token: next } = given.data;
    if (next !== undefined && next !== refreshToken) await this.#refreshToken?.replace(next);
    this.#token = { token, expiresAt: this.#clock.now() + (seconds === undefined ? assumed : seconds * second) };
    return this.#token;
  }
}

/** @returns undefined if it is not JSON, or too long */
async function jsonOf(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > longestAnswer) return undefined;
    chunks.push(chunk);
  }
  try {
    return parseJson(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

function wordsOf(answer: unknown): string {
  const refusal = Refusal.safeParse(answer);
  if (!refusal.success) return "";
  const { error, error_description: description = "" } = refusal.data;
  return `: ${`${error} ${description}`
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, 300)}`;
}
