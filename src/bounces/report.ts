// A report about a mail: a mail server's notification, or a provider's webhook.
import { parseAddress } from "../guests/address.ts";

/** The outcome of a mail for one recipient (RFC 3464, 2.3). */
export interface Report {
  /** The recipient that it was, or was not, delivered to; undefined if not reported. A group or forwarding mailbox has recipients of its own. */
  finalRecipient: string | undefined;
  /** The original recipient; undefined if not reported. */
  originalRecipient: string | undefined;
  /** "failed" and the like, in lower case. */
  action: string;
  /** The Status field, or "". */
  status: string;
  /** The server's words, or "". */
  diagnostic: string;
  /** The host that answered, or that wrote the notification; undefined if neither is reported. */
  server: string | undefined;
}

/** The mail did not get to this recipient, and will not (RFC 3464, 2.3.3). */
export function isFailure({ action }: Report): boolean {
  return action === "failed";
}

/** Whether the report is about the very address that the mail was sent to, rather than one that it was passed on to. */
export function isAbout(recipient: string, { finalRecipient, originalRecipient }: Report): boolean {
  return isSame(recipient, finalRecipient) && (finalRecipient !== undefined || isSame(recipient, originalRecipient));
}

/** An address that is not reported may be the same. */
function isSame(recipient: string, other: string | undefined): boolean {
  return other === undefined || keyIn(other) === keyIn(recipient);
}

/** A local part in unnecessary quotes is the same as without them (RFC 5321, 4.1.2). */
function keyIn(text: string): string {
  const plain = text.replace(/^"(.*)"(?=@[^"@]*$)/, (_, quoted: string) => quoted.replace(/\\(.)/g, "$1"));
  return parseAddress(plain)?.key ?? text.toLowerCase();
}
