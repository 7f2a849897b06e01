// Turns the input of the administration API into an application.
import type { ApplicationPolicy, ClientMetadata, NewApplication } from "../applications/application.ts";
import { metadataOf } from "../applications/profiles.ts";
import { type ApplicationInput, metadataNames } from "./application-fields.ts";

/** The application with what was given changed; null takes a value away. Its secret is left to the caller of this. */
export function changed(before: NewApplication, input: ApplicationInput): NewApplication {
  const metadata: ClientMetadata = { ...before.metadata };
  for (const name of metadataNames) {
    const value = input[name];
    if (value === null) delete metadata[name];
    else if (value !== undefined) Object.assign(metadata, { [name]: value });
  }
  const policy = changedPolicy(before.policy, input);
  for (const [name, value] of Object.entries(metadataOf(policy.profile))) metadata[name] ??= value;
  metadata.token_endpoint_auth_method ??= "client_secret_basic";
  if (input.resources)
    metadata.guestpass_resources = Object.fromEntries(Object.entries(input.resources).map(([uri, scope]) => [uri, { scope }]));
  Object.assign(metadata, grantsFor(metadata));
  return {
    clientId: before.clientId,
    name: input.name ?? before.name,
    admission: input.admission ?? before.admission,
    firstParty: input.first_party ?? before.firstParty,
    pkceOptional: input.pkce_optional ?? before.pkceOptional,
    policy,
    metadata,
  };
}

/** An application needs somewhere for guests to return to, or to be confidential and use this API. */
function grantsFor({ redirect_uris: redirectUris, token_endpoint_auth_method: method }: ClientMetadata) {
  const forGuests = redirectUris.length > 0;
  return {
    response_types: forGuests ? ["code"] : [],
    grant_types: [...(forGuests ? ["authorization_code", "refresh_token"] : []), ...(method === "none" ? [] : ["client_credentials"])],
  };
}

function changedPolicy(before: ApplicationPolicy, input: ApplicationInput): ApplicationPolicy {
  const given = {
    administrator: input.administrator,
    profile: input.profile,
    emailInIdToken: input.email_in_id_token,
    nameFromAddress: input.name_from_address,
    passkeys: input.passkeys,
    upstreams: input.upstreams,
    allowDomains: input.allow_domains,
    denyDomains: input.deny_domains,
    targetOrigins: input.target_origins && [...new Set(input.target_origins)],
    reverificationDays: input.reverification_days,
    reminderDays: input.reminder_days,
    supportAddress: input.support_address === null ? null : input.support_address?.typed,
    colour: input.colour,
    logoUriDark: input.logo_uri_dark,
  };
  return {
    ...before,
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<ApplicationPolicy>),
  };
}
