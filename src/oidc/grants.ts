// The data that a guest has agreed to share with an application.

import type Provider from "oidc-provider";
import type { KoaContextWithOIDC } from "oidc-provider";
import { isFirstParty } from "./clients.ts";

type Grant = InstanceType<Provider["Grant"]>;

/** A first-party application is granted what it asks for; any other one gets what the guest agreed to in this session. */
export async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client, provider, result, session } = ctx.oidc;
  if (!client || !session?.accountId) return undefined;
  const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const existing = grantId ? await provider.Grant.find(grantId) : undefined;
  if (!isFirstParty(client)) return existing;
  const grant = existing ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  if (grantAll(grant, ctx)) await grant.save();
  return grant;
}

/** @returns whether the grant has grown, and so must be saved */
function grantAll(grant: Grant, ctx: KoaContextWithOIDC): boolean {
  const encountered = new Set(grant.getOIDCScopeEncountered().split(" "));
  const scopes = [...ctx.oidc.requestParamOIDCScopes].filter((scope) => !encountered.has(scope));
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(" "));
  const known = new Set(grant.getOIDCClaimsEncountered());
  const claims = [...ctx.oidc.requestParamClaims].filter((claim) => !known.has(claim));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  let resources = 0;
  for (const [indicator, server] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    const granted = new Set(grant.getResourceScopeEncountered(indicator).split(" "));
    const wanted = [...ctx.oidc.requestParamScopes].filter((scope) => server.scopes.has(scope) && !granted.has(scope));
    if (wanted.length > 0) grant.addResourceScope(indicator, wanted.join(" "));
    resources += wanted.length;
  }
  return scopes.length + claims.length + resources > 0;
}
