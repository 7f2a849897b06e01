// The TXT record by which a domain's owner confirms that a provider speaks for its addresses, and how long it counts.
import { hash } from "node:crypto";
import { day, hour, minute, second, skew } from "../clock.ts";
import { isGoogle } from "./authority.ts";
import type { Upstream } from "./upstream.ts";

/** Of a domain that is bound to a provider. Times are milliseconds since the epoch. */
export interface DomainProof {
  domain: string;
  /** When it was bound, or an administrator last asked for a check. */
  askedAt: number;
  checkedAt: number;
  outcome: "found" | "missing" | "unreachable" | null;
  foundSince: number | null;
  lastFoundAt: number | null;
}

export interface DnsRecord {
  name: string;
  value: string;
}

/** How long (milliseconds) a record that is gone, or cannot be looked up, still counts. */
const countsFor = 3 * day;
/** How long a record that was never found, or is gone, is looked for without anybody asking. */
const lookedForFor = 14 * day;

/** How old (milliseconds) the last check is at least before the next one. */
export const pauses = { atSignIn: 10 * minute, bySchedule: hour, byHand: 5 * second };

/** Google proves an organisation's domain itself, and names it in the token. */
export function needsProof({ issuer }: Pick<Upstream, "issuer">): boolean {
  return !isGoogle(issuer);
}

/**
 * The record of one domain. It is the same as long as this deployment, the provider's issuer and the pinned tenant are: registering somebody else's
 * provider under the same name needs a new one. It is no secret.
 */
export function recordOf(own: string, { issuer, tenant }: Pick<Upstream, "issuer" | "tenant">, domain: string): DnsRecord {
  const value = hash("sha256", JSON.stringify(["guestpass domain", own, issuer, tenant?.toLowerCase() ?? null, domain]), "hex");
  return { name: `_guestpass.${domain}`, value: `guestpass=${value}` };
}

/** Whether the record was found lately. */
export function counts(proof: DomainProof | undefined, now: number): boolean {
  return isSince(proof?.lastFoundAt, now - countsFor, now);
}

/** Whether a check by schedule is due. */
export function isDue(proof: DomainProof | undefined, now: number): boolean {
  if (!proof) return true;
  if (isSince(proof.checkedAt, now - pauses.bySchedule, now)) return false;
  return isSince(proof.askedAt, now - lookedForFor, now) || isSince(proof.lastFoundAt, now - lookedForFor, now);
}

/** A time that lies ahead was written by a wrong clock, and says nothing. */
function isSince(at: number | null | undefined, since: number, now: number): boolean {
  return typeof at === "number" && at > since && at <= now + skew;
}
