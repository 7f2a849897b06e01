// An organisation's own OpenID provider, for its administrators or for guests who work there: a real oidc-provider, whose people are whoever the test says, and which can be made to lie.
import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from "jose";
import Provider from "oidc-provider";
import { freePort } from "./guestpass.ts";

export interface Person {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  groups?: string[];
  hd?: string;
  tid?: string;
}

type Claims = Record<string, unknown>;
type Sign = (claims: Claims, options?: { named: boolean }) => Promise<string>;

/** Makes another ID token of the claims of the right one. */
export type Lie = (claims: Claims, sign: Sign) => string | Promise<string>;

export const clientId = "guestpass";
export const clientSecret = "a secret of the organisation's provider, with %, : and +";

export class Organisation {
  /** Who is at the keyboard; nobody refuses. */
  person: Person | undefined;
  lie: Lie | undefined;
  /** From its next start on, its key set has another key beside the one that signs. */
  otherKey = false;
  /** Signs claims with the key of now. */
  sign: Sign = () => Promise.reject(new Error("it is not started"));
  readonly issuer: string;
  readonly #port: number;
  #starts = 0;
  #server: Server | undefined;

  private constructor(port: number) {
    this.#port = port;
    // Another host than Guestpass's, so that neither gets the other's cookies.
    this.issuer = `http://127.0.0.1:${port}`;
  }

  /** It does not answer before it is started. */
  static async prepared(): Promise<Organisation> {
    return new Organisation(await freePort());
  }

  /** With a key of its own each time. @param redirectUris where it may send a browser back to */
  async start(...redirectUris: string[]): Promise<void> {
    const kid = String(++this.#starts);
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    this.sign = (claims, { named } = { named: true }) =>
      new SignJWT(claims).setProtectedHeader({ alg: "RS256", ...(named ? { kid } : {}) }).sign(privateKey);
    const key: JWK = { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" };
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris }],
      jwks: { keys: this.otherKey ? [key, await another("another")] : [key] },
      cookies: { keys: ["a key of the organisation's cookies"] },
      features: { devInteractions: { enabled: false } },
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups", "hd", "tid"] },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...this.person, sub }) }),
      loadExistingGrant: async (ctx) => {
        const { client, session, params } = ctx.oidc;
        const grant = new provider.Grant({ clientId: client?.clientId as string, accountId: session?.accountId as string });
        grant.addOIDCScope(String(params?.["scope"]));
        await grant.save();
        return grant;
      },
    });
    provider.use(async (ctx, next) => {
      await next();
      if (ctx.path !== "/token" || !this.lie || ctx.status !== 200) return;
      const body = ctx.body as { id_token: string };
      const claims = JSON.parse(Buffer.from(body.id_token.split(".")[1] ?? "", "base64url").toString());
      body.id_token = await this.lie(claims, this.sign);
    });
    const app = provider.callback();
    this.#server = createServer(async (request, response) => {
      if (!request.url?.startsWith("/interaction/")) return app(request, response);
      const result = this.person ? { login: { accountId: this.person.sub } } : { error: "access_denied" };
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, "127.0.0.1", resolve));
  }

  /** Settings of a Guestpass whose administrators sign in here. */
  get settings(): Record<string, string> {
    return {
      GUESTPASS_CONSOLE_PROVIDER_ISSUER: this.issuer,
      GUESTPASS_CONSOLE_PROVIDER_CLIENT_ID: clientId,
      GUESTPASS_CONSOLE_PROVIDER_CLIENT_SECRET: clientSecret,
      GUESTPASS_CONSOLE_PROVIDER_ROLES: JSON.stringify({ owner: "guest-owners", helpdesk: "service-desk" }),
    };
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

/** A token that nobody signed. */
export function unsigned(claims: Claims): string {
  return new UnsecuredJWT(claims).encode();
}

async function another(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" };
}
