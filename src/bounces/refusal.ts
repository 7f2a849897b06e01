// Whose fault it is that a mail was refused: the mailbox's, or somebody else's. Only the mailbox's counts against it.
import type { MailboxRefusal } from "../guests/mailboxes.ts";

/** What a mail server answered in the conversation. */
export interface Reply {
  /** "RCPT TO", "DATA" and the like. */
  command: string;
  /** All lines of its answer. */
  response: string;
}

/** What a delivery status notification says of one recipient (RFC 3464, 2.3). */
export interface DeliveryStatus {
  action: string;
  status: string;
  diagnostic: string;
}

/** An enhanced status (RFC 3463), which is not part of a version or an address. */
const enhanced = /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/;
/** RFC 5321, 4.2.3: the mailbox is not there, is elsewhere, is full, or is named as none can be. */
const aboutMailbox = /^55[0-3]$/;
/** X.1 the address, X.2 the mailbox, X.4 its host cannot be reached; not the sender's address, the size of the mail or a mailing list. */
const blame = /^5\.(?:1\.(?![789]$)|2\.(?![34]$)|4\.)\d{1,3}$/;
const unspecified = "5.0.0";
const longestReason = 200;
/** What follows is not looked at. */
const longestReply = 2000;

/** The refusal in an SMTP reply; undefined where it does not speak of the mailbox: a policy, a login, the mail's content, a 4yz. */
export function refusalInReply({ command, response }: Reply): MailboxRefusal | undefined {
  const code = response.slice(0, 3);
  const status = /^\d{3}[ -](5\.\d{1,3}\.\d{1,3})\s/.exec(`${response} `)?.[1] ?? unspecified;
  const blamed = status === unspecified ? command === "RCPT TO" && aboutMailbox.test(code) : blame.test(status);
  return blamed ? { status: status === unspecified ? code : status, reason: reasonIn(response) } : undefined;
}

/** The mail did not get to this recipient, and will not (RFC 3464, 2.3.3). */
export function isFailure({ action }: DeliveryStatus): boolean {
  return action.toLowerCase() === "failed";
}

/** As refusalInReply, of a notification. Status says 5.0.0 where the MTA did not look at the reply that it quotes. */
export function refusalInStatus(told: DeliveryStatus): MailboxRefusal | undefined {
  if (!isFailure(told)) return undefined;
  const { status, diagnostic } = told;
  const given = enhanced.exec(status)?.[0];
  const quoted = enhanced.exec(diagnostic)?.[0];
  const code = /(?:^|;)\s*(\d{3})\b/.exec(diagnostic)?.[1];
  const said = given !== undefined && given !== unspecified ? given : (quoted ?? given);
  if (said === undefined || said === unspecified) {
    const blamed = code === undefined ? said === unspecified : aboutMailbox.test(code);
    return blamed ? { status: code ?? unspecified, reason: reasonIn(diagnostic) } : undefined;
  }
  return blame.test(said) ? { status: said, reason: reasonIn(diagnostic) } : undefined;
}

/** In words: on one line, without codes, and without addresses, which are the guest's or somebody else's. */
function reasonIn(text: string): string {
  return text
    .slice(0, longestReply)
    .replace(/^\s*[\w-]+;/, "")
    .replace(/\b[2-5]\d\d[ -](?:[245]\.\d{1,3}\.\d{1,3}(?=\s))?/g, " ")
    .replace(/<?[^\s<>]*@[^\s<>]*>?/g, "…")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, longestReason);
}
