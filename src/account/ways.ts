// Where a request to the page leads next.
import type { Context } from "koa";
import { ownClientId } from "../applications/own-page.ts";
import { minute } from "../clock.ts";
import { randomToken } from "../secrets.ts";
import type { AccountDeps, Visit } from "./visit.ts";

export const base = "/account";
/** The authentication context of a proven mailbox (src/oidc/claims.ts). */
const mailboxContext = "urn:guestpass:acr:mailbox";
/** Proof older than this (milliseconds) is asked for again before anything that a stolen session would want. */
const freshFor = 15 * minute;

/**
 * Begins an authorization request. The code it ends with cannot be redeemed: its verifier (RFC 7636) is thrown away here.
 * @param params more of the request: whether a fresh code is wanted, to which address, and for which of our pages
 */
export function signIn(
  { response }: Context,
  { issuer }: AccountDeps,
  params: { prompt?: "login"; login_hint?: string; state?: string } = {},
): void {
  const query = new URLSearchParams({
    client_id: ownClientId,
    redirect_uri: `${issuer}${base}/callback`,
    response_type: "code",
    scope: "openid",
    code_challenge: randomToken(),
    code_challenge_method: "S256",
    ...params,
    // A fresh code, where one is wanted: a passkey proves no mailbox.
    ...(params.prompt === "login" ? { acr_values: mailboxContext } : {}),
  });
  response.status = 303;
  response.redirect(`/auth?${query}`);
}

/** The pages that need a fresh code, and to which the guest returns with it. Opening them changes nothing. */
const afresh = /^(?:leave(?:\/[\w.~%-]+)?|addresses)$/;

/**
 * Asks for a fresh code where the proof of this session is old. The guest comes back to `page`, if that is one of those above, else to the overview.
 * @returns whether the action may go on: a mailbox of the guest was proven, in this session, within 15 minutes
 */
export function isFresh(ctx: Context, deps: AccountDeps, { guest, session }: Visit, page?: string): boolean {
  if (deps.clock.now() - Math.min(session.provenAt, guest.provenAt ?? 0) <= freshFor) return true;
  signIn(ctx, deps, { prompt: "login", login_hint: guest.email, ...(page === undefined ? {} : { state: page }) });
  return false;
}

/** @param state of the answer to an authorization request */
export function pageAfter(state: unknown): string {
  return typeof state === "string" && afresh.test(state) ? `${base}/${state}` : base;
}

export function goOn(ctx: Context, path: string): void {
  ctx.status = 303;
  ctx.redirect(path);
}
