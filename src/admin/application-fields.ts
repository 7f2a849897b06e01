// The fields of an application that the administration API accepts: its guest policy under our names, and OIDC client metadata under the
// standard's (OpenID Connect Dynamic Client Registration 1.0, section 2). All other fields are refused: secrets are made by
// Guestpass, and callers may not send metadata that would make it fetch or trust something.
import { z } from "zod";
import { admissions, profiles } from "../applications/application.ts";
import { longestName } from "../applications/registration.ts";
import { DomainPattern } from "../settings/settings.ts";
import { AddressText, Days, Line, WebUrl } from "./fields.ts";

/** No character that has to be encoded in a path, a form or HTTP basic authentication: not every library does so. */
const ClientId = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]*$/, "must begin with a letter or digit and contain only letters, digits and . _ ~ -");
const Uris = z.array(z.string().max(2000)).max(100);
const Origin = z
  .string()
  .max(300)
  .transform((text, context) => {
    const url = URL.parse(text);
    // A pattern would be compared literally, and never match.
    if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !text.includes("*")) return url.origin;
    context.addIssue({ code: "custom", message: "must be a full origin such as https://files.example.com" });
    return z.NEVER;
  });
const Domains = z.array(DomainPattern).max(10_000);
const optionalUrl = WebUrl.nullable().optional();

const policy = {
  admission: z
    .enum(admissions)
    .optional()
    .describe(
      "Who may sign in. invited: guests with a live invitation; directory: recorded guests; domains: addresses at an allowed domain; anyone: anyone who proves a mailbox",
    ),
  first_party: z.boolean().optional().describe("Your own application: guests are not asked for consent"),
  pkce_optional: z.boolean().optional().describe("Allow sign-in without PKCE, for a confidential application that cannot send it"),
  administrator: z.boolean().optional().describe("May use this API for every application, not only for itself"),
  profile: z
    .enum(profiles)
    .nullable()
    .optional()
    .describe("fapi2 enforces the FAPI 2.0 Security Profile: private_key_jwt, pushed requests, DPoP and ES256, which are set unless given"),
  email_in_id_token: z
    .boolean()
    .optional()
    .describe("Put email and email_verified into the ID token too, for brokers and libraries that read nothing else"),
  name_from_address: z
    .boolean()
    .optional()
    .describe("If a guest has no recorded name, use the local part of the address, for an application that insists on a name"),
  passkeys: z
    .boolean()
    .optional()
    .describe("Guests may sign in with a passkey between two codes, if the operator has switched passkeys on. Default: true"),
  upstreams: z
    .boolean()
    .optional()
    .describe("Guests may sign in at the OpenID provider that is registered for their domain. Default: true"),
  allow_domains: Domains.optional().describe("If not empty, only addresses at these domains may be invited and sign in"),
  deny_domains: Domains.optional(),
  target_origins: z.array(Origin).max(100).optional().describe("Target URLs of invitations must be under one of these origins"),
  reverification_days: Days.nullable().optional().describe("How often guests must prove the mailbox again for it; the strictest rule wins"),
  reminder_days: Days.nullable()
    .optional()
    .describe("How many days in advance signed-in guests are reminded by mail to prove the mailbox again; null, the default, means never"),
  support_address: AddressText.nullable().optional().describe("The address that guests are given for help"),
  colour: z
    .string()
    .regex(/^#[0-9A-Fa-f]{6}$/, "must be a colour such as #0b57d0")
    .nullable()
    .optional()
    .describe(
      "The colour of buttons and links on its sign-in pages and in its mails; links are made darker or lighter if they would be hard to read",
    ),
  logo_uri_dark: optionalUrl.describe("The logo for dark screens; without one, logo_uri is shown on a light background"),
};

const metadata = {
  redirect_uris: Uris.optional().describe("Where guests return after signing in; compared exactly"),
  post_logout_redirect_uris: Uris.optional(),
  token_endpoint_auth_method: z
    .enum(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
    .optional()
    .describe("How the application authenticates; none means a public client, which cannot use this API"),
  id_token_signed_response_alg: z
    .enum(["RS256", "ES256", "PS256", "EdDSA"])
    .optional()
    .describe("How ID tokens are signed; the default is RS256. The operator chooses which algorithms are available"),
  application_type: z.enum(["web", "native"]).optional(),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).max(20) })
    .nullable()
    .optional()
    .describe("For private_key_jwt: public keys"),
  jwks_uri: optionalUrl.describe("For private_key_jwt: the URL of the public keys"),
  logo_uri: optionalUrl.describe("The image at the top of its sign-in pages; the guest's browser fetches it"),
  client_uri: optionalUrl.describe("Its home page. Invitations to a native application lead there if it has no other address"),
  policy_uri: optionalUrl.describe("Its privacy policy, linked from the consent page"),
  tos_uri: optionalUrl.describe("Its terms of use, linked from the consent page"),
  initiate_login_uri: optionalUrl.describe("Where invitations lead (OpenID Connect Core 1.0, section 4); https, or http on loopback"),
  backchannel_logout_uri: optionalUrl.describe("Where the application is told that sessions ended"),
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z
    .boolean()
    .optional()
    .describe("Require access tokens bound by DPoP. Leave it off for an application that uses this API, which takes no bound tokens"),
};

const resources = z
  .record(z.url().max(2000), z.string().max(1000))
  .optional()
  .describe("The APIs that it may get and introspect tokens for (RFC 8707): resource indicators and their scopes");

const name = Line.max(longestName).describe("The name that guests see");

export const ApplicationUpdate = z.strictObject({ name: name.optional(), ...policy, ...metadata, resources });
export const NewApplicationBody = z
  .strictObject({
    client_id: ClientId.optional().describe("Random if left out"),
    ...ApplicationUpdate.shape,
    name,
  })
  .meta({ id: "NewApplication" });

export type ApplicationInput = z.output<typeof ApplicationUpdate>;
export const metadataNames = Object.keys(metadata) as (keyof typeof metadata)[];
