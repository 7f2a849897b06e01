import type { Context } from "koa";
import type Provider from "oidc-provider";
import { contexts } from "./claims.ts";

/**
 * The guest who is signed in in the browser, when a code last came back in it (milliseconds since the epoch; 0 if the guest has signed in otherwise since),
 * and whether that outlives the browser; undefined if nobody is signed in.
 */
export async function browserSession(
  provider: Provider,
  ctx: Context,
): Promise<{ uid: string; sub: string; provenAt: number; kept: boolean } | undefined> {
  const { uid, accountId, loginTs, acr, transient } = await provider.Session.get(ctx as never);
  return accountId === undefined || uid === undefined || loginTs === undefined
    ? undefined
    : { uid, sub: accountId, provenAt: acr === contexts.code.acr ? loginTs * 1000 : 0, kept: transient !== true };
}
