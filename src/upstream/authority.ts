// Whether a provider is authoritative for an address, so that signing in there proves the mailbox.
import type { Address } from "../guests/address.ts";
import { keyOf } from "../guests/address.ts";
import type { Upstream } from "./upstream.ts";

/** The claims of an ID token (OpenID Connect Core 1.0, 5.1) that matter here. */
export interface AccountClaims {
  email?: unknown;
  email_verified?: unknown;
  /** Google: the organisation's domain. */
  hd?: unknown;
  /** Microsoft Entra: the tenant. */
  tid?: unknown;
}

const google = /^https:\/\/accounts\.google\.com\/?$/;

export function isGoogle(issuer: string): boolean {
  return google.test(issuer);
}

/** The account's address in canonical form; undefined if there is none. */
export function addressKeyIn({ email }: AccountClaims): string | undefined {
  return typeof email === "string" && email !== "" && email.length <= 1000 ? keyOf(email) : undefined;
}

/** Whether the account is of the tenant that an administrator pinned. */
export function isOfTenant({ tenant }: Upstream, { tid }: AccountClaims): boolean {
  return tenant === null || (typeof tid === "string" && tid.toLowerCase() === tenant.toLowerCase());
}

/**
 * Whether the provider says that the account has the address, and may say so: an administrator bound the domain to it. An address that it calls unverified
 * is not trusted. Google is authoritative for gmail.com, and for the domain of the account's own organisation; for others, DNS has to confirm the
 * domain too (DomainProofs.speaksFor).
 */
export function vouches(upstream: Upstream, claims: AccountClaims, { key, domain }: Address): boolean {
  if (!upstream.domains.includes(domain) || addressKeyIn(claims) !== key) return false;
  const { email_verified: verified, hd } = claims;
  if (isGoogle(upstream.issuer)) return verified === true && (domain === "gmail.com" || hd === domain);
  // Microsoft Entra has no such claim: the tenant is pinned.
  return verified === true || (verified === undefined && upstream.tenant !== null);
}
