// The names that Microsoft's directory and SharePoint give to people outside: each holds an email address.
import { type Address, parseAddress, toAsciiSigns } from "./address.ts";

/**
 * Reads an email address, or the address inside such a name, where the name leaves no doubt about it. Names may be nested
 * (`i:0#.f|membership|urn:spo:guest#lee@partner.example`), percent-encoded, and in any case.
 * @returns the address, or why there is none, as words that follow the name of a field
 */
export function readAddress(text: string): Address | string {
  if (text.length > 1000) return notAnAddress;
  const decoded = decodeName(text.trim());
  const inner = addressWithin(decoded);
  if (inner === undefined) return parseAddress(decoded) ?? notAnAddress;
  if ("refused" in inner) return inner.refused;
  const address = readAddress(inner.text);
  return typeof address === "string" ? noAddress : address;
}

/** The person that an application means by `login_hint`. @returns undefined if that is not an address: it names nobody */
export function addressInHint(hint: unknown): Address | undefined {
  const address = typeof hint === "string" ? readAddress(hint) : "";
  return typeof address === "string" ? undefined : address;
}

/** Whether it is such a name. An ordinary address is not. */
export function isDirectoryName(text: string): boolean {
  return text.length <= 1000 && addressWithin(decodeName(text.trim())) !== undefined;
}

const notAnAddress = "must be an email address such as name@example.com";
const noAddress =
  "is a name from Microsoft's directory that does not clearly contain the email address: give the address, such as name@example.com";

type Within = { text: string } | { refused: string } | undefined;

/** @returns undefined if it is not a name made by Microsoft. */
function addressWithin(name: string): Within {
  const passcodeGuest = /^(?:urn:)?spo:guest#(.*)$/is.exec(name);
  if (passcodeGuest) return { text: passcodeGuest[1] as string };
  if (/^(?:urn:)?spo:/i.test(name)) return { refused: "is SharePoint's name for a link or a group, which is not a person" };
  // A claim: its type, its value, its issuer. `i` is an identity, `c` anything else; `#` is a sign-in name, in the directory `membership`.
  // Copies often lack its beginning.
  const signInName = /^(?:(?:i:)?0#\.f\|)?membership\|([^|]*)$/is.exec(name);
  if (signInName) return { text: signInName[1] as string };
  if (/^c:0.\.\w\|?/is.test(name)) return { refused: "is SharePoint's name for a group, which is not a person" };
  if (/^(?:i:)?0.\.\w\|/is.test(name)) return { refused: noAddress };
  const external = /^(.*)#EXT#(?:@[^@]*)?$/is.exec(name);
  if (external) return externalAddress(external[1] as string);
  if (/#EXT#|^guest#/i.test(name)) return { refused: noAddress };
  // How a guest with an account elsewhere is named: live.com#lee@partner.example.
  const elsewhere = /^(?:(?:live|google|facebook)\.com|mail)#(.+@.+)$/is.exec(name);
  if (elsewhere) return { text: elsewhere[1] as string };
  // Exchange's proxyAddresses.
  const mailbox = /^(?:smtp|mailto):(.+)$/is.exec(name);
  return mailbox ? { text: mailbox[1] as string } : undefined;
}

/** `ada_partner.example` was ada@partner.example. No domain of a mailbox has an underscore, so the last one was the @. */
function externalAddress(local: string): Within {
  if (local.includes("@")) return { text: local };
  const [, before, domain] = /^(.+)_([^_]+)$/s.exec(local) ?? [];
  return before === undefined ? { refused: noAddress } : { text: `${before}@${domain}` };
}

/** Names and addresses that came through a URL, perhaps twice. In an ordinary address a percent sign is a letter like any other. */
function decodeName(text: string): string {
  const name = toAsciiSigns(text);
  if (!/%(?:25)?(?:23|3a|7c|40)/i.test(name)) return name;
  try {
    const decoded = decodeName(decodeURIComponent(name));
    return addressWithin(decoded) || !name.includes("@") ? decoded : name;
  } catch {
    return name;
  }
}
