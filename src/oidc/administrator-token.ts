// An access token for the administration API without the application's secret: for an operator with a shell on the server.
import type { Knex } from "knex";
import type Provider from "oidc-provider";
import { type ApiScope, apiScopes, ownApiScopes } from "../applications/api-scopes.ts";
import type { Application } from "../applications/application.ts";
import { type Audit, operator } from "../audit/audit.ts";
import { transaction } from "../database/database.ts";
import { InputError } from "../errors.ts";
import { adminResource } from "./resources.ts";

export interface MintedToken {
  token: string;
  /** Seconds. */
  expiresIn: number;
  scopes: readonly ApiScope[];
}

/**
 * Makes the token that the application would get from the token endpoint with its own credentials (RFC 6749, 4.4).
 * @param asked scopes; if empty, everything that the application may have
 * @throws InputError if it may not have that
 */
export async function mintToken(
  { provider, db, audit }: { provider: Provider; db: Knex; audit: Audit },
  application: Application,
  asked: readonly string[],
): Promise<MintedToken> {
  const { clientId, policy, metadata } = application;
  if (metadata.token_endpoint_auth_method === "none")
    throw new InputError(`${clientId} has no secret and no key. The administration API is for applications that authenticate.`);
  const allowed = policy.administrator ? apiScopes : ownApiScopes;
  const refused = asked.filter((scope) => !allowed.some((each) => each === scope));
  if (refused.length > 0) throw new InputError(`${clientId} may not have ${refused.join(", ")}. It may have ${allowed.join(", ")}.`);
  const scopes = asked.length === 0 ? allowed : allowed.filter((scope) => asked.includes(scope));
  const client = await provider.Client.find(clientId);
  if (!client) throw new InputError(`There is no application with the client id ${clientId}.`);
  const token = new provider.ClientCredentials({ client, scope: scopes.join(" "), aud: adminResource(provider.issuer) });
  await transaction(db, (trx) => audit.record(trx, { action: "token.minted", by: operator, clientId, details: { scopes } }));
  return { token: await token.save(), expiresIn: token.expiration, scopes };
}
