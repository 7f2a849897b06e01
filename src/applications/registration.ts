// Rules for every registration, however it is made. oidc-provider checks whether the OIDC client metadata is valid
// at all (src/oidc/clients.ts).
import { isIP } from "node:net";
import { isLoopback } from "../configuration/loopback.ts";
import { InputError } from "../errors.ts";
import { isPublicAddress } from "../outbound/special-use.ts";
import type { ClientMetadata, NewApplication } from "./application.ts";
import { refuseConflicts } from "./profiles.ts";

/** Scopes about the guest who signs in: none of them can be an API's. */
export const guestScopes = ["openid", "offline_access", "email", "profile", "invitations"];

export const longestName = 100;

/** @throws InputError what is wrong, and what to do instead */
export function refuseUnsafe(application: NewApplication): void {
  const { name, admission, policy, metadata } = application;
  if (!name.trim() || name.length > longestName || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name))
    throw new InputError(`The name of an application must have 1 to ${longestName} characters, without line breaks.`);
  if (admission === "domains" && policy.allowDomains.length === 0)
    throw new InputError("Admission by domains needs a list of domains: give it in allow_domains (--allow-domain).");
  refuseConflicts(application);
  if (isPublic(metadata)) refusePublic(application);
  for (const [field, uri] of [...uris(metadata), ...darkLogoOf(policy)]) {
    const why = problemOf(field, uri, metadata);
    if (why) throw new InputError(`The application cannot be registered: ${field} ${why}`);
  }
  for (const [indicator, { scope }] of Object.entries(metadata.guestpass_resources ?? {})) refuseResource(indicator, scope);
}

function isPublic(metadata: ClientMetadata): boolean {
  return metadata.token_endpoint_auth_method === "none";
}

/** Anyone can say that they are a public client. */
function refusePublic({ pkceOptional, policy, metadata }: NewApplication): void {
  if (pkceOptional)
    throw new InputError("PKCE can only be optional for an application that has a secret or a key: a public client always needs it.");
  if (policy.administrator || metadata.grant_types?.includes("client_credentials"))
    throw new InputError("The administration API is for applications that have a secret or a key: anyone can claim to be a public client.");
  if (metadata.redirect_uris.length === 0)
    throw new InputError("A public client can only sign guests in: give it a redirect URI (--redirect-uri).");
}

const single = [
  "initiate_login_uri",
  "backchannel_logout_uri",
  "jwks_uri",
  "logo_uri",
  "logo_uri_dark",
  "client_uri",
  "policy_uri",
  "tos_uri",
];

function darkLogoOf({ logoUriDark }: NewApplication["policy"]): [field: string, uri: string][] {
  return logoUriDark === null ? [] : [["logo_uri_dark", logoUriDark]];
}

function uris(metadata: ClientMetadata): [field: string, uri: string][] {
  const several = (field: string) => ((metadata[field] as string[] | undefined) ?? []).map((uri): [string, string] => [field, uri]);
  const one = (field: string) => (typeof metadata[field] === "string" ? [[field, metadata[field]] as [string, string]] : []);
  return [...several("redirect_uris"), ...several("post_logout_redirect_uris"), ...single.flatMap(one)];
}

/** Events, like logout tokens, are signed and open nothing: they may go to the operator's own network by http. @throws InputError */
export function refuseUnsafeWebhook(url: string): void {
  const why = problemOf("backchannel_logout_uri", url, { redirect_uris: [] });
  if (why) throw new InputError(`The webhook cannot be registered: its url ${why}`);
}

/** @returns undefined too for what oidc-provider reports itself: an invalid URI, or a fragment in a redirect URI */
function problemOf(field: string, uri: string, metadata: ClientMetadata): string | undefined {
  const url = URL.parse(uri);
  if (!url) return undefined;
  // The parser ignores them: the registered, the compared and the opened address would differ.
  if (/[\s\p{Cc}\\]/u.test(uri)) return "must not contain white space, control characters or backslashes";
  if (url.username || url.password) return "must not contain a user or password";
  if (uri.includes("*")) return "must be given in full: it is compared exactly, and * has no special meaning";
  if (uri.includes("#") && single.includes(field)) return "must not have a fragment (#)";
  if (url.protocol === "http:" && !mayBeHttp(field, url, metadata))
    return `must begin with https://: traffic to and from ${url.origin} can be read and changed on the way. http:// is only for localhost, 127.0.0.1 and [::1]`;
  return undefined;
}

const shown = new Set(["logo_uri", "logo_uri_dark", "client_uri", "policy_uri", "tos_uri"]);

/**
 * Codes, states and addresses are sent in the clear to loopback alone (RFC 9700, 2.6). Keys that come in the clear can be replaced on
 * their way by those of an attacker, who then is the application: only an address of the operator's own network may serve them so. A logout
 * token, which is signed and opens nothing, may also go there by name (Back-Channel Logout 1.0, 2.2).
 */
function mayBeHttp(field: string, url: URL, metadata: ClientMetadata): boolean {
  if (shown.has(field) || isLoopback(url)) return true;
  if (field === "jwks_uri") return isOfOwnNetwork(url);
  return field === "backchannel_logout_uri" && !isPublic(metadata);
}

function isOfOwnNetwork({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return isIP(address) !== 0 && !isPublicAddress(address);
}

/** RFC 8707, 2, and RFC 6749, 3.3. */
function refuseResource(indicator: string, scope: string): void {
  if (indicator.includes("#")) throw new InputError(`The resource ${indicator} must not have a fragment (#).`);
  const scopes = scope.split(" ").filter(Boolean);
  const reserved = scopes.find((each) => guestScopes.includes(each));
  if (reserved !== undefined)
    throw new InputError(
      `${reserved} is a scope about the guest, which every application can request: ${indicator} needs its own scopes, such as files:read.`,
    );
  const odd = scopes.find((each) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(each));
  if (odd !== undefined)
    throw new InputError(
      `${odd} cannot be a scope of ${indicator}: scopes are printable ASCII without quotes and backslashes, separated by spaces.`,
    );
}
