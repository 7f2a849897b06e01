// A logout token is signed by the same key as an ID token, and oidc-provider accepts either as a hint. Kinds of tokens are not interchangeable
// (RFC 8725, 3.12): a logout token does not prove who signed in.
import { decodeJwt, decodeProtectedHeader } from "jose";
import type { Context, Next } from "koa";
import { errors } from "oidc-provider";

/** @throws InvalidRequest if the hint is a logout token (OpenID Connect Back-Channel Logout 1.0, 2.4) */
export function refuseLogoutToken(hint: unknown): void {
  if (typeof hint === "string" && isLogoutToken(hint)) throw new errors.InvalidRequest("id_token_hint is not an ID token");
}

/** At the end-session endpoint, before oidc-provider reads the hint. A posted one is refused when the confirmation page is made. */
export async function refuseLogoutTokenToSignOut(ctx: Context, next: Next): Promise<void> {
  const hint = ctx.query["id_token_hint"];
  if (ctx.path === "/session/end" && typeof hint === "string" && isLogoutToken(hint)) ctx.throw(400, "id_token_hint is not an ID token");
  await next();
}

function isLogoutToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === "logout+jwt" || decodeJwt(token)["events"] !== undefined;
  } catch {
    // oidc-provider reports what is wrong with it.
    return false;
  }
}

/** How oidc-provider says that there is no authentication, or one that it cannot read. */
const aboutAuthentication =
  /^(?:no client authentication|invalid (?:authorization header|client_assertion) |client_secret must be provided)/;

/**
 * A client that introspects without saying who it is, or in a way that means nothing here, gets 401 (RFC 7662, 2.3; RFC 6749, 5.2), where oidc-provider
 * says that the request is invalid.
 */
export async function askWhoIntrospects(ctx: Context, next: Next): Promise<void> {
  await next();
  const { error, error_description: why } = (ctx.body ?? {}) as { error?: string; error_description?: string };
  if (ctx.path !== "/token/introspection" || error !== "invalid_request" || !aboutAuthentication.test(why ?? "")) return;
  ctx.status = 401;
  ctx.set("WWW-Authenticate", 'Basic realm="introspection"');
  ctx.body = { error: "invalid_client", error_description: why };
}
