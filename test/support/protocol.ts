// The protocol spoken by hand, for what no client library would send.
import type { AuthorizationRequest, Guestpass, RegisteredApplication } from "./guestpass.ts";
import { redirectUri } from "./guestpass.ts";

export const endpoints = {
  token: "/token",
  userinfo: "/me",
  introspection: "/token/introspection",
  revocation: "/token/revocation",
  pushed: "/request",
  endSession: "/session/end",
  jwks: "/jwks",
};

export interface Reply {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
}

interface SignInOptions {
  address?: string;
  /** Parameters of the authorization request. */
  params?: Record<string, string>;
}

/** A guest who came back to the application with an authorization code that nobody has redeemed. */
export async function codeFor(guestpass: Guestpass, application: RegisteredApplication, options: SignInOptions = {}) {
  const browser = guestpass.browser();
  const request = await guestpass.authorizationRequest(application, options.params);
  const answer = await guestpass.signIn(browser, request, options.address ?? "ada@example.com");
  const code = answer.query["code"];
  if (!code) throw new Error(`the sign-in ended at ${answer.location} without a code`);
  return { browser, request, answer, code };
}

/** A guest who is signed in, with the application's tokens. */
export async function signedIn(guestpass: Guestpass, application: RegisteredApplication, options: SignInOptions = {}) {
  const { browser, request, answer, code } = await codeFor(guestpass, application, options);
  const tokens = await guestpass.redeem(request, answer);
  return {
    browser,
    request,
    code,
    idToken: tokens.id_token as string,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token as string,
  };
}

/** Posts a form in the name of an application. */
export async function post(
  guestpass: Guestpass,
  path: string,
  application: RegisteredApplication | undefined,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(guestpass.issuer + path, {
    method: "POST",
    redirect: "manual",
    headers: { accept: "application/json", ...authorization(application), ...headers },
    body: new URLSearchParams({ ...(application ? { client_id: application.clientId } : {}), ...fields }),
  });
  return reply(response);
}

/** Redeems a code as the request that it answers would have it, changed by `changes`. */
export function redeem(
  guestpass: Guestpass,
  application: RegisteredApplication,
  { code, request }: { code: string; request: AuthorizationRequest },
  changes: Record<string, string> = {},
): Promise<Reply> {
  const fields = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: request.verifier, ...changes };
  return post(guestpass, endpoints.token, application, fields);
}

export function refresh(guestpass: Guestpass, application: RegisteredApplication, refreshToken: string): Promise<Reply> {
  return post(guestpass, endpoints.token, application, { grant_type: "refresh_token", refresh_token: refreshToken });
}

export async function userinfo(guestpass: Guestpass, authorization: string, headers: Record<string, string> = {}): Promise<Reply> {
  return reply(await fetch(guestpass.issuer + endpoints.userinfo, { headers: { authorization, accept: "application/json", ...headers } }));
}

/** Whether the access token opens userinfo. */
export async function opens(guestpass: Guestpass, accessToken: unknown): Promise<boolean> {
  return (await userinfo(guestpass, `Bearer ${accessToken}`)).status === 200;
}

/** Whether introspection calls the token active, asked by the application. */
export async function isActive(guestpass: Guestpass, application: RegisteredApplication, token: unknown): Promise<boolean> {
  return (await post(guestpass, endpoints.introspection, application, { token: String(token) })).json["active"] === true;
}

function authorization({ clientId, secret, metadata }: Partial<RegisteredApplication> = {}): Record<string, string> {
  if (!secret || metadata?.token_endpoint_auth_method !== "client_secret_basic") return {};
  return { authorization: `Basic ${btoa(`${encodeURIComponent(clientId as string)}:${secret}`)}` };
}

async function reply(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, json: isJson ? JSON.parse(text) : {} };
}
