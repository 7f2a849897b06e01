// Whether a provider speaks for an address, so that whoever signs in there has the mailbox.
import type { Address } from "../guests/address.ts";
import { keyOf } from "../guests/address.ts";
import type { Upstream } from "./upstream.ts";

/** What an ID token says (OpenID Connect Core 1.0, 5.1), as far as anything follows from it. */
export interface AccountClaims {
  email?: unknown;
  email_verified?: unknown;
  /** Google: the organisation's domain. */
  hd?: unknown;
  /** Microsoft Entra: the tenant. */
  tid?: unknown;
}

const google = /^https:\/\/accounts\.google\.com\/?$/;

/** The address that the account has, compared as addresses are; undefined where there is none. */
export function addressKeyIn({ email }: AccountClaims): string | undefined {
  return typeof email === "string" && email !== "" && email.length <= 1000 ? keyOf(email) : undefined;
}

/** Whether the account is of the tenant that an administrator pinned. */
export function isOfTenant({ tenant }: Upstream, { tid }: AccountClaims): boolean {
  return tenant === null || (typeof tid === "string" && tid.toLowerCase() === tenant.toLowerCase());
}

/**
 * Whether the provider is authoritative for the address, and says that the account has it. An administrator bound the domain to the provider. What
 * a provider calls not verified is not believed; Google speaks for gmail.com, and for the domain of the account's own organisation.
 */
export function vouches(upstream: Upstream, claims: AccountClaims, { key, domain }: Address): boolean {
  if (!upstream.domains.includes(domain) || addressKeyIn(claims) !== key) return false;
  const { email_verified: verified, hd } = claims;
  if (google.test(upstream.issuer)) return verified === true && (domain === "gmail.com" || hd === domain);
  // Microsoft Entra has no such claim: the tenant is pinned.
  return verified === true || (verified === undefined && upstream.tenant !== null);
}
