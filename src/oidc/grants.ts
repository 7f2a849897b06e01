// The data that a guest has agreed to share with an application.

import type Provider from "oidc-provider";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { Consents, Share } from "../consents/consents.ts";
import { visitIn } from "./claims.ts";
import { isFirstParty } from "./clients.ts";

type Grant = InstanceType<Provider["Grant"]>;

/** A first-party application is granted what it asks for; any other one gets what the guest has agreed to, in this session or before. */
export function grantsBy(consents: Consents) {
  return async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { client, provider, result, session } = ctx.oidc;
    if (!client || !session?.accountId) return undefined;
    const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
    const existing = grantId ? await provider.Grant.find(grantId) : undefined;
    const grant = existing ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    const asked = askedBeyond(grant, ctx);
    const shares = isFirstParty(client) ? asked : await agreedAmong(asked, ctx, consents);
    if (shares.length === 0) return existing ?? (isFirstParty(client) ? grant : undefined);
    addTo(grant, shares);
    await grant.save();
    return grant;
  };
}

function askedBeyond(grant: Grant, { oidc }: KoaContextWithOIDC): Share[] {
  const scopes = new Set(grant.getOIDCScopeEncountered().split(" "));
  const claims = new Set(grant.getOIDCClaimsEncountered());
  const missing = (part: string, names: Iterable<string>, known: Set<string>): Share[] =>
    [...names].filter((name) => !known.has(name)).map((name) => ({ part, name }));
  return [
    ...missing("scope", oidc.requestParamOIDCScopes, scopes),
    ...missing("claim", oidc.requestParamClaims, claims),
    ...Object.entries(oidc.resourceServers ?? {}).flatMap(([indicator, server]) => {
      const registered = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope));
      return missing(indicator, registered, new Set(grant.getResourceScopeEncountered(indicator).split(" ")));
    }),
  ];
}

async function agreedAmong(asked: Share[], ctx: KoaContextWithOIDC, consents: Consents): Promise<Share[]> {
  const visit = visitIn(ctx);
  if (!visit || asked.length === 0) return [];
  const agreed = await consents.of(visit.guest.sub, visit.application);
  return asked.filter(({ part, name }) => agreed.some((share) => share.part === part && share.name === name));
}

function addTo(grant: Grant, shares: Share[]): void {
  for (const { part, name } of shares) {
    if (part === "scope") grant.addOIDCScope(name);
    else if (part === "claim") grant.addOIDCClaims([name]);
    else grant.addResourceScope(part, name);
  }
}

/** All that a grant gives, to be remembered. */
export function sharesIn(grant: Grant): Share[] {
  const scopes = (part: string, list: string): Share[] => list.split(" ").flatMap((name) => (name === "" ? [] : { part, name }));
  return [
    ...scopes("scope", grant.getOIDCScope()),
    ...grant.getOIDCClaims().map((name) => ({ part: "claim", name })),
    ...Object.keys(grant.resources ?? {}).flatMap((indicator) => scopes(indicator, grant.getResourceScope(indicator))),
  ];
}
