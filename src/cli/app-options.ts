// The details of an application, as options and as fields of the administration API.
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { admissions, profiles } from "../applications/application.ts";
import { InputError } from "../errors.ts";
import { collect, given, toNumberOrNothing } from "./options.ts";

/** Options and their names in the administration API. */
export const applicationOptions = {
  name: "name",
  redirectUri: "redirect_uris",
  postLogoutRedirectUri: "post_logout_redirect_uris",
  auth: "token_endpoint_auth_method",
  jwks: "jwks",
  jwksUri: "jwks_uri",
  idTokenAlg: "id_token_signed_response_alg",
  native: "application_type",
  admission: "admission",
  allowDomain: "allow_domains",
  denyDomain: "deny_domains",
  targetOrigin: "target_origins",
  reverificationDays: "reverification_days",
  reminderDays: "reminder_days",
  firstParty: "first_party",
  pkceOptional: "pkce_optional",
  administrator: "administrator",
  profile: "profile",
  emailInIdToken: "email_in_id_token",
  nameFromAddress: "name_from_address",
  passkeys: "passkeys",
  upstreams: "upstreams",
  logoUri: "logo_uri",
  logoUriDark: "logo_uri_dark",
  colour: "colour",
  supportAddress: "support_address",
  initiateLoginUri: "initiate_login_uri",
  backchannelLogoutUri: "backchannel_logout_uri",
  resource: "resources",
};

export function withApplicationOptions(command: Command): Command {
  const several = (flags: string, description: string) => command.option(flags, `${description}; repeatable`, collect);
  several("--redirect-uri <uri>", "where guests go back to");
  several("--post-logout-redirect-uri <uri>", "where guests go after signing out");
  const methods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
  command
    .addOption(new Option("--auth <method>", "how the application authenticates (client_secret_basic)").choices(methods))
    .option("--jwks <file>", "for private_key_jwt: a file with the application's public JWK Set")
    .option("--jwks-uri <uri>", "for private_key_jwt: the URL of the application's JWK Set")
    .addOption(new Option("--id-token-alg <alg>", "how ID tokens are signed (RS256)").choices(["RS256", "ES256", "PS256", "EdDSA"]))
    .option("--native", "a native application, on the guest's own device (RFC 8252)")
    .addOption(new Option("--admission <mode>", "who may sign in (invited)").choices(admissions));
  several("--allow-domain <domain>", "invite and sign in only addresses at this domain");
  several("--deny-domain <domain>", "do not invite or sign in addresses at this domain");
  several("--target-origin <origin>", "an origin for the target URLs of invitations");
  command
    .option("--reverification-days <days>", "how often guests must prove the mailbox again; the strictest rule wins", toNumberOrNothing)
    .option(
      "--reminder-days <days>",
      "how long in advance guests are reminded by mail to prove the mailbox again (never)",
      toNumberOrNothing,
    )
    .option("--first-party", "your own application: guests are not asked for consent")
    .option("--no-first-party")
    .option("--pkce-optional", "allow sign-in without PKCE, for a confidential application that cannot send it")
    .option("--no-pkce-optional")
    .option("--administrator", "may use the administration API for every application, not only for itself")
    .option("--no-administrator")
    .addOption(new Option("--profile <profile>", "fapi2: the FAPI 2.0 Security Profile").choices([...profiles, ""]))
    .option("--email-in-id-token", "put email and email_verified into the ID token too")
    .option("--no-email-in-id-token")
    .option("--name-from-address", "if a guest has no name, use the local part of the address")
    .option("--no-name-from-address")
    .option("--passkeys", "guests may sign in with a passkey between two codes, if passkeys are switched on")
    .option("--no-passkeys")
    .option("--upstreams", "guests may sign in at the OpenID provider of their domain, if one is registered")
    .option("--no-upstreams")
    .option("--logo-uri <url>", "the image at the top of its sign-in pages")
    .option("--logo-uri-dark <url>", "the logo for dark screens (the same logo on a light background)")
    .option("--colour <#rrggbb>", "the colour of buttons and links on those pages and in mails")
    .option("--support-address <address>", "where guests who need help are told to write")
    .option("--initiate-login-uri <url>", "where invitations lead (OpenID Connect Core 1.0, section 4)")
    .option("--backchannel-logout-uri <url>", "where Guestpass reports ended sessions");
  several("--resource <uri=scopes>", 'an API it may get and introspect tokens for: "https://api.example.com=files:read files:write"');
  return command;
}

/** The given options, as fields of the administration API. */
export function toApplicationInput(options: object): Record<string, unknown> {
  const input = given(options, applicationOptions);
  const { jwks, application_type: native, resources } = input;
  if (typeof jwks === "string") input["jwks"] = readJwks(jwks);
  if (native !== undefined) input["application_type"] = native ? "native" : "web";
  if (resources !== undefined) input["resources"] = Object.fromEntries((resources as string[]).map(parseResource));
  return input;
}

function parseResource(text: string): [indicator: string, scopes: string] {
  const split = text.lastIndexOf("=");
  const indicator = text.slice(0, split);
  if (split < 1 || !URL.canParse(indicator)) {
    throw new InputError(
      `--resource takes an absolute URI, "=" and scopes, such as "https://api.example.com=files:read files:write", not ${text}`,
    );
  }
  return [indicator, text.slice(split + 1)];
}

/** The content of the file is not repeated: it may be a private key. */
function readJwks(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new InputError(`--jwks names ${file}, which cannot be read: ${(cause as Error).message}`, { cause });
  }
  const set = parse(text) as { keys?: unknown } | null | undefined;
  if (Array.isArray(set?.keys)) return set;
  throw new InputError(`--jwks names ${file}, which is not a JWK Set: a JSON object with a list of public keys, { "keys": [...] }`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
