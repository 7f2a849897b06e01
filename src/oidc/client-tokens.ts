// Access tokens that an application got with its own credentials for the administration API (RFC 6749, 4.4; RFC 8707).
import type Provider from "oidc-provider";
import type { Application } from "../applications/application.ts";
import type { Applications } from "../applications/applications.ts";
import { adminResource } from "./resources.ts";

/**
 * A guest's access token is never one of these; nor is a token that is bound to a key (RFC 9449, 7.2): accepted without a proof
 * of that key, it would be just as useful to a thief.
 * @returns undefined if the token is not valid for the administration API */
export function authenticateClient(live: () => Provider, applications: Applications) {
  return async (value: string): Promise<{ application: Application; scopes: ReadonlySet<string> } | undefined> => {
    const provider = live();
    const token = await provider.ClientCredentials.find(value);
    if (!token?.isValid || token.clientId === undefined || token.aud !== adminResource(provider.issuer)) return undefined;
    if (token.isSenderConstrained()) return undefined;
    const application = await applications.find(token.clientId);
    return application && { application, scopes: new Set(token.scope?.split(" ")) };
  };
}
