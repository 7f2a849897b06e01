// What the administration API takes of an application: its guest policy under our names, and OIDC client metadata under the
// standard's (OpenID Connect Dynamic Client Registration 1.0, section 2). What is not named here is refused: secrets are made by
// Guestpass, and metadata that would make it fetch or trust something unasked is not for callers.
import { z } from "zod";
import { admissions } from "../applications/application.ts";
import { longestName } from "../applications/registration.ts";
import { DomainPattern } from "../settings/settings.ts";
import { AddressText, Days, Line, WebUrl } from "./fields.ts";

/** No sign that has to be encoded in a path, a form or HTTP basic authentication: libraries differ in whether they do. */
const ClientId = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][\w.~-]*$/i, "must begin with a letter or digit and have nothing else but letters, digits and . _ ~ -");
const Uris = z.array(z.string().max(2000)).max(100);
const Origin = z
  .string()
  .max(300)
  .transform((text, context) => {
    const url = URL.parse(text);
    // A pattern would be compared sign by sign, and nothing would ever lie under it.
    if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !text.includes("*")) return url.origin;
    context.addIssue({ code: "custom", message: "must be an origin such as https://files.example.com, in full" });
    return z.NEVER;
  });
const Domains = z.array(DomainPattern).max(10_000);
const optionalUrl = WebUrl.nullable().optional();

const policy = {
  admission: z
    .enum(admissions)
    .optional()
    .describe("Who gets in: invited (a live invitation), directory (any guest), domains (the allow list), anyone (any provable mailbox)"),
  first_party: z.boolean().optional().describe("Your own application: guests are not asked for consent"),
  pkce_optional: z.boolean().optional().describe("Only for a confidential application that cannot send PKCE"),
  administrator: z.boolean().optional().describe("May use this API for every application, not for itself only"),
  allow_domains: Domains.optional().describe("Where it is not empty, only these domains may be invited and sign in"),
  deny_domains: Domains.optional(),
  target_origins: z.array(Origin).max(100).optional().describe("Origins under which the target URLs of invitations must lie"),
  reverification_days: Days.nullable().optional().describe("How often guests prove the mailbox again for it; the strictest rule wins"),
  reminder_days: Days.nullable()
    .optional()
    .describe("How many days before they have to, guests who are signed in are reminded by mail; null, the default, is never"),
  support_address: AddressText.nullable().optional().describe("Where guests who need help are told to write"),
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, "must be a colour such as #0b57d0")
    .nullable()
    .optional()
    .describe("Of the buttons and links on the pages of a sign-in to it, darker or lighter where it could not be read"),
};

const metadata = {
  redirect_uris: Uris.optional().describe("Where guests go back to, compared exactly"),
  post_logout_redirect_uris: Uris.optional(),
  token_endpoint_auth_method: z
    .enum(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
    .optional()
    .describe("How the application authenticates itself; none is a public client, which cannot use this API"),
  id_token_signed_response_alg: z.enum(["RS256", "ES256"]).optional(),
  application_type: z.enum(["web", "native"]).optional(),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).max(20) })
    .nullable()
    .optional()
    .describe("For private_key_jwt: public keys"),
  jwks_uri: optionalUrl.describe("For private_key_jwt: where the public keys are"),
  logo_uri: optionalUrl.describe("The image above the pages of a sign-in to it, which the guest's browser fetches"),
  client_uri: optionalUrl.describe("Its home page: where invitations to one on the guest's own device lead, if it has no other address"),
  policy_uri: optionalUrl.describe("What it does with what it learns: linked where guests are asked for consent"),
  tos_uri: optionalUrl.describe("Its terms of use: linked where guests are asked for consent"),
  initiate_login_uri: optionalUrl.describe("Where invitations lead (OpenID Connect Core 1.0, section 4); https, or http on loopback"),
  backchannel_logout_uri: optionalUrl.describe("Where the ends of sessions are told"),
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z
    .boolean()
    .optional()
    .describe("Access tokens of this API must not be bound: leave it off for an application that uses it"),
};

const resources = z
  .record(z.url().max(2000), z.string().max(1000))
  .optional()
  .describe("APIs that it may get and introspect tokens for (RFC 8707): resource indicator and scopes");

const name = Line.max(longestName).describe("What guests see");

export const ApplicationUpdate = z.strictObject({ name: name.optional(), ...policy, ...metadata, resources });
export const NewApplicationBody = z
  .strictObject({
    client_id: ClientId.optional().describe("A random one otherwise"),
    ...ApplicationUpdate.shape,
    name,
  })
  .meta({ id: "NewApplication" });

export type ApplicationInput = z.output<typeof ApplicationUpdate>;
export const metadataNames = Object.keys(metadata) as (keyof typeof metadata)[];
