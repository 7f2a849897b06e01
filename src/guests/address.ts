// The canonical form of an email address (the key it is compared by); addresses are shown as typed.
import { domainToASCII, domainToUnicode } from "node:url";

export interface Address {
  /** As typed, without the white space and invisible characters around it. */
  typed: string;
  /** Canonical: NFC, domain as a lower-case A-label (RFC 5890), local part in lower case. */
  key: string;
  /** The A-label after the "@", in lower case. */
  domain: string;
}

// RFC 5321 atoms, with the letters of RFC 6531 (internationalised mail). No quoted local parts, no address literals.
const atom = "[\\p{L}\\p{M}\\p{N}!#$%&'*+/=?^_`{|}~-]+";
const localPart = new RegExp(`^${atom}(?:\\.${atom})*$`, "u");
// Checked before domainToASCII, which drops line breaks and everything after a slash, and undoes percent-encoding.
const typedDomain = /^[\p{L}\p{M}\p{N}.。．｡-]+$/u;
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const domain = new RegExp(`^(?=.{4,253}$)(?:${label}\\.)+(?!\\d+$)(?=..)${label}$`);

/** Characters that come along when an address is copied: white space, marks of writing direction, a zero-width space. */
const around = /^[\s\p{Cf}]+|(?<![\s\p{Cf}])[\s\p{Cf}]+$/gu;
/** Nearly every address: there is nothing around it. */
const bare = /^[!-~].*[!-~]$/s;

/** Full-width characters, as a Japanese keyboard writes them, become ASCII. */
export function toAsciiSigns(text: string): string {
  return text.replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));
}

/** @returns the address, or undefined if the input is not one that mail can be sent to */
export function parseAddress(input: string): Address | undefined {
  if (input.length > 1000) return undefined;
  const ascii = toAsciiSigns(input);
  const typed = (bare.test(ascii) ? ascii : ascii.replace(around, "")).normalize("NFC");
  const at = typed.lastIndexOf("@");
  const local = typed.slice(0, at);
  if (at < 1 || Buffer.byteLength(local) > 64 || !localPart.test(local) || local.includes("=?")) return undefined;
  const host = parseDomain(typed.slice(at + 1));
  if (host === undefined) return undefined;
  return { typed, key: `${local.toLowerCase().normalize("NFC")}@${host}`, domain: host };
}

/** @returns its A-label in lower case, or undefined if mail cannot be sent to such a domain */
export function parseDomain(typed: string): string | undefined {
  const host = typedDomain.test(typed) ? domainToASCII(typed) : "";
  return domain.test(host) && hasReadableLabels(host) ? host : undefined;
}

/** The address as its owner reads it: browsers send the letters of a domain as an A-label (RFC 5890). */
export function readable(address: string): string {
  const at = address.lastIndexOf("@") + 1;
  const host = address.slice(at);
  return /(?:^|\.)xn--/i.test(host) ? `${address.slice(0, at)}${domainToUnicode(host) || host}` : address;
}

/** The canonical form of an address; other text stays as it is. */
export function keyOf(typed: string): string {
  return parseAddress(typed)?.key ?? typed;
}

/**
 * The mailbox that mail to the address most likely ends up in: its canonical form without the plus tag (RFC 5233). Only for limits; to
 * everything else plus-addresses are different addresses.
 */
export function mailboxKeyOf(typed: string): string {
  return keyOf(typed).replace(/^([^+]+)\+.*(@[^@]+)$/, "$1$2");
}

/**
 * The ways in which people write an address: as typed, the domain in letters or as an A-label, letters in either case or
 * with a capital at the beginning of each word, composed or not.
 * One of those that differ only by the case of ASCII letters.
 */
export function spellingsOf({ typed, key, domain }: Address): string[] {
  const [local, letters] = [key.slice(0, -domain.length - 1), domainToUnicode(domain)];
  const hosts = [domain, ...casesOf(letters)];
  const written = [typed, ...casesOf(local).flatMap((each) => hosts.map((host) => `${each}@${host}`))];
  const spellings = written.flatMap((each) => [each, each.normalize("NFD")]).filter((each) => keyOf(each) === key);
  return [...new Map(spellings.map((each) => [each.replace(/[A-Z]/g, (letter) => letter.toLowerCase()), each])).values()];
}

/** @param text in lower case */
function casesOf(text: string): string[] {
  return [text, text.toUpperCase(), text.replace(/(?<![\p{L}\p{M}])\p{L}/gu, (letter) => letter.toUpperCase())];
}

/** The form in which addresses and names are searched for, and in which they are kept to be found. */
export function searchable(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** An A-label that encodes no letters (RFC 5891, section 5.4) is left as it is when it is read back. */
function hasReadableLabels(host: string): boolean {
  return !domainToUnicode(host)
    .split(".")
    .some((label) => label.startsWith("xn--"));
}
