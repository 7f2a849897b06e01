// An application as oidc-provider's client, and the check of its secret.

import type Provider from "oidc-provider";
import type { Client, ClientMetadata, KoaContextWithOIDC } from "oidc-provider";
import { type ApplicationPolicy, type NewApplication, protocolIdOf } from "../applications/application.ts";
import { matchesClientSecret } from "../applications/applications.ts";
import { refuseUnsafe } from "../applications/registration.ts";
import type { Clock } from "../clock.ts";
import { isLoopback } from "../configuration/loopback.ts";
import { InputError } from "../errors.ts";

/** Client metadata of our own: what the guest policy needs to know in the middle of the protocol. */
export const extraClientMetadata = {
  properties: [
    "guestpass_first_party",
    "guestpass_pkce_optional",
    "guestpass_resources",
    "guestpass_previous_secrets",
    "guestpass_administrator",
    "guestpass_profile",
  ],
};

export function toClient(application: NewApplication): ClientMetadata {
  const { initiate_login_uri: initiateLoginUri, ...metadata } = application.metadata;
  return {
    ...metadata,
    ...(initiateLoginUri === undefined || isOnThisMachine(initiateLoginUri) ? {} : { initiate_login_uri: initiateLoginUri }),
    client_id: protocolIdOf(application),
    client_name: application.name,
    // A guest has a session in each browser, and each can end by itself, so ID token and logout token always name it.
    backchannel_logout_session_required: true,
    guestpass_first_party: application.firstParty,
    guestpass_pkce_optional: application.pkceOptional,
    guestpass_administrator: application.policy.administrator,
    guestpass_profile: application.policy.profile,
    guestpass_previous_secrets: application.policy.previousSecrets,
  } as ClientMetadata;
}

/**
 * oidc-provider accepts only https, as the standard says (OpenID Connect Dynamic Client Registration 1.0, section 2), and makes no use
 * of it. A developer's own machine has no https.
 */
function isOnThisMachine(uri: string): boolean {
  const url = URL.parse(uri);
  return url?.protocol === "http:" && isLoopback(url);
}

/** PKCE is required of every client except a confidential one that was registered without it (RFC 9700, 2.1.1). */
export function pkceRequired(_ctx: KoaContextWithOIDC, client: Client): boolean {
  return client["guestpass_pkce_optional"] !== true;
}

/** oidc-provider's name of the profile that the client is held to. */
export function fapiProfile(_ctx: KoaContextWithOIDC, client: Client | undefined): "2.0" | undefined {
  return client?.["guestpass_profile"] === "fapi2" ? "2.0" : undefined;
}

export function isFirstParty(client: Client): boolean {
  return client["guestpass_first_party"] === true;
}

/** The stored secret is a hash, and oidc-provider offers this method for comparing it. Rotated secrets keep working for a while. */
export function compareHashedSecrets(provider: Provider, clock: Clock): void {
  provider.Client.prototype.compareClientSecret = function (this: Client, presented: string): boolean {
    const previous = (this["guestpass_previous_secrets"] as ApplicationPolicy["previousSecrets"] | undefined) ?? [];
    const good = previous.filter(({ until }) => until > clock.now()).map(({ hash }) => hash);
    return [this.clientSecret ?? "", ...good].some((hash) => matchesClientSecret(hash, presented));
  };
}

/**
 * Validates an application by our own rules, and its metadata as oidc-provider does.
 * @throws InputError with what is wrong
 */
export async function validateApplication(provider: Provider, application: NewApplication): Promise<void> {
  refuseUnsafe(application);
  try {
    await provider.Client.validate(toClient(application));
  } catch (error) {
    const { error_description: description } = error as { error_description?: string };
    if (!description) throw error;
    throw new InputError(`The application cannot be registered: ${description}`, { cause: error });
  }
}
