// The sender of mails, as an operator writes it: `address` or `Name <address>` (RFC 5322, 3.4: one mailbox, neither list nor group).

export interface MailFrom {
  address: string;
  /** Of the address, in lower case. */
  domain: string;
}

const atom = "[\\w!#$%&'*+/=?^`{|}~-]+";
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const address = `${atom}(?:\\.${atom})*@(${label}(?:\\.${label})*)`;
/** Quoted if it has specials (except a dot, as in "Acme Inc."). Never with control characters. */
const name = `(?:[^\\p{Cc}()<>[\\]:;@\\\\,"]*|"(?:[^\\p{Cc}"\\\\]|\\\\["\\\\])*"\\s*)`;
const alone = new RegExp(`^(${address})$`, "iu");
const named = new RegExp(`^${name}<(${address})>$`, "iu");

/** @returns undefined if the text is anything but exactly one mailbox */
export function parseMailFrom(text: string): MailFrom | undefined {
  const found = alone.exec(text.trim()) ?? named.exec(text.trim());
  const [, whole, domain] = found ?? [];
  return whole && domain ? { address: whole, domain: domain.toLowerCase() } : undefined;
}
