// The canonical form of an email address (the key it is compared by); addresses are shown as typed.
import { domainToASCII } from "node:url";

export interface Address {
  /** As typed, without the white space around it. */
  typed: string;
  /** Canonical: NFC, domain as a lower-case A-label (RFC 5890), local part in lower case. */
  key: string;
  /** The A-label after the "@", in lower case. */
  domain: string;
}

// RFC 5321 atoms, with the letters of RFC 6531 (internationalised mail). No quoted local parts, no address literals.
const atom = "[\\p{L}\\p{M}\\p{N}!#$%&'*+/=?^_`{|}~-]+";
const localPart = new RegExp(`^${atom}(?:\\.${atom})*$`, "u");
const domain = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9-]{2,63}$/;

/** @returns the address, or undefined where the input is not one that mail can be sent to */
export function parseAddress(input: string): Address | undefined {
  if (input.length > 1000) return undefined;
  const typed = input.trim().normalize("NFC");
  const at = typed.lastIndexOf("@");
  const local = typed.slice(0, at);
  if (at < 1 || Buffer.byteLength(local) > 64 || !localPart.test(local) || local.includes("=?")) return undefined;
  const host = domainToASCII(typed.slice(at + 1));
  if (!domain.test(host)) return undefined;
  return { typed, key: `${local.toLowerCase().normalize("NFC")}@${host}`, domain: host };
}
