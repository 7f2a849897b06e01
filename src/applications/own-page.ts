// The page where guests see and control what is held about them, as an application: Guestpass is its own client.
import { type Application, defaultPolicy } from "./application.ts";
import { newClientSecret } from "./applications.ts";

export const ownClientId = "guestpass-account";

/**
 * Its codes are never redeemed: the page reads the session that signing in leaves behind. So it has a secret that nobody knows
 * (docs/decisions/046).
 * @param algorithm for the ID token that is never issued; it has to be one that the server signs with
 */
export function ownPage({ issuer, name, algorithm }: { issuer: string; name: string; algorithm: string }): Application {
  return {
    clientId: ownClientId,
    name,
    admission: "directory",
    firstParty: true,
    pkceOptional: false,
    own: true,
    policy: defaultPolicy,
    metadata: {
      redirect_uris: [`${issuer}/account/callback`],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      client_secret: newClientSecret().stored,
      id_token_signed_response_alg: algorithm,
      initiate_login_uri: `${issuer}/account`,
    },
    updatedAt: 0,
  };
}
