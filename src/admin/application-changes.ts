// From what the administration API is given to an application, and back to what it shows.
import { z } from "zod";
import {
  type Application,
  type ApplicationPolicy,
  admissions,
  type ClientMetadata,
  lastUntil,
  type NewApplication,
} from "../applications/application.ts";
import { type ApplicationInput, metadataNames } from "./application-fields.ts";
import { time } from "./fields.ts";

const uris = z.array(z.string());
const text = z.string().nullable();

export const ApplicationResult = z
  .object({
    client_id: z.string(),
    name: z.string(),
    admission: z.enum(admissions),
    first_party: z.boolean(),
    pkce_optional: z.boolean(),
    administrator: z.boolean(),
    allow_domains: uris,
    deny_domains: uris,
    target_origins: uris,
    reverification_days: z.number().nullable(),
    reminder_days: z.number().nullable(),
    support_address: text,
    colour: text,
    redirect_uris: uris,
    post_logout_redirect_uris: uris,
    grant_types: uris.describe("They follow from redirect_uris and token_endpoint_auth_method"),
    token_endpoint_auth_method: z.string(),
    id_token_signed_response_alg: z.string(),
    application_type: z.string(),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).nullable(),
    jwks_uri: text,
    logo_uri: text,
    client_uri: text,
    policy_uri: text,
    tos_uri: text,
    initiate_login_uri: text,
    backchannel_logout_uri: text,
    require_pushed_authorization_requests: z.boolean(),
    dpop_bound_access_tokens: z.boolean(),
    resources: z.record(z.string(), z.string()),
    has_secret: z.boolean(),
    previous_secret_until: text.describe("Until then a secret from before the last rotation works too"),
    updated_at: z.string(),
    client_secret: z.string().optional().describe("Shown this once, where one was made: only its hash is kept"),
  })
  .meta({ id: "Application" });

/** The application with what was given changed; null takes a value away. Its secret is left to the caller of this. */
export function changed(before: NewApplication, input: ApplicationInput): NewApplication {
  const metadata: ClientMetadata = { ...before.metadata };
  for (const name of metadataNames) {
    const value = input[name];
    if (value === null) delete metadata[name];
    else if (value !== undefined) Object.assign(metadata, { [name]: value });
  }
  if (input.resources)
    metadata.guestpass_resources = Object.fromEntries(Object.entries(input.resources).map(([uri, scope]) => [uri, { scope }]));
  Object.assign(metadata, grantsFor(metadata));
  return {
    clientId: before.clientId,
    name: input.name ?? before.name,
    admission: input.admission ?? before.admission,
    firstParty: input.first_party ?? before.firstParty,
    pkceOptional: input.pkce_optional ?? before.pkceOptional,
    policy: changedPolicy(before.policy, input),
    metadata,
  };
}

/** Guests come to an application that has somewhere for them to go back to; a confidential one may use this API. */
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
    allowDomains: input.allow_domains,
    denyDomains: input.deny_domains,
    targetOrigins: input.target_origins && [...new Set(input.target_origins)],
    reverificationDays: input.reverification_days,
    reminderDays: input.reminder_days,
    supportAddress: input.support_address === null ? null : input.support_address?.typed,
    colour: input.colour,
  };
  return {
    ...before,
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<ApplicationPolicy>),
  };
}

export function showApplication(application: Application): z.output<typeof ApplicationResult> {
  const { policy, metadata } = application;
  const value = (name: string) => (metadata[name] as string | undefined) ?? null;
  const flag = (name: string) => metadata[name] === true;
  return {
    client_id: application.clientId,
    name: application.name,
    admission: application.admission,
    first_party: application.firstParty,
    pkce_optional: application.pkceOptional,
    administrator: policy.administrator,
    allow_domains: policy.allowDomains,
    deny_domains: policy.denyDomains,
    target_origins: policy.targetOrigins,
    reverification_days: policy.reverificationDays,
    reminder_days: policy.reminderDays,
    support_address: policy.supportAddress,
    colour: policy.colour,
    redirect_uris: metadata.redirect_uris,
    post_logout_redirect_uris: metadata.post_logout_redirect_uris ?? [],
    grant_types: metadata.grant_types ?? [],
    token_endpoint_auth_method: metadata.token_endpoint_auth_method ?? "client_secret_basic",
    id_token_signed_response_alg: metadata.id_token_signed_response_alg ?? "RS256",
    application_type: metadata.application_type ?? "web",
    jwks: (metadata.jwks as { keys: Record<string, unknown>[] } | undefined) ?? null,
    jwks_uri: value("jwks_uri"),
    logo_uri: value("logo_uri"),
    client_uri: value("client_uri"),
    policy_uri: value("policy_uri"),
    tos_uri: value("tos_uri"),
    initiate_login_uri: value("initiate_login_uri"),
    backchannel_logout_uri: value("backchannel_logout_uri"),
    require_pushed_authorization_requests: flag("require_pushed_authorization_requests"),
    dpop_bound_access_tokens: flag("dpop_bound_access_tokens"),
    resources: Object.fromEntries(Object.entries(metadata.guestpass_resources ?? {}).map(([uri, { scope }]) => [uri, scope])),
    has_secret: metadata.client_secret !== undefined,
    previous_secret_until: time(lastUntil(policy.previousSecrets)),
    updated_at: time(application.updatedAt),
  };
}
