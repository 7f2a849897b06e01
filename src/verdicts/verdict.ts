// Why a mail was refused, and whether the recipient's mailbox is to blame. Blaming a mailbox takes evidence: a
// refusal that no rule of rules.ts recognises is somebody else's fault.
import { domainToASCII } from "node:url";
import { type Evidence, rules, type Verdict } from "./rules.ts";
import { withoutStatuses, withoutType } from "./server-words.ts";

export type { Verdict };

/** The last thing a mail server said about one recipient. */
export interface Said {
  /** "conversation": it answered Guestpass. "notification": another server, or a provider's webhook, reports what it answered. */
  source: "conversation" | "notification";
  /** The SMTP command that was answered: "RCPT TO", "DATA" and the like; undefined if it is not known. */
  command?: string | undefined;
  /** The recipient of the mail. */
  recipient: string;
  /** The server's words, which may contain its code and enhanced status on every line. */
  words: string;
  /** The enhanced status (RFC 3463) given separately from the words: the Status field of RFC 3464. */
  status?: string | undefined;
}

export interface Finding {
  verdict: Verdict;
  /** The rule that decided, such as "no such mailbox" or "block list". */
  why: string;
  /** RFC 3463, or the three digits of the reply if it had none; "5.0.0" if it had neither. */
  status: string;
  /** The words without everything that differs from mail to mail: two refusals with the same gist have the same cause. */
  gist: string;
  /** Another route may deliver what this one could not. Nothing was accepted, so the mail cannot arrive twice. */
  tryNextRoute: boolean;
  /** The address is to blame, so its owner may have mistyped it. */
  checkAddress: boolean;
}

/** The most characters of a server's words that are read. */
const longestReply = 2000;
const unspecified = "5.0.0";
/** An enhanced status (RFC 3463) that is not part of a version or an IP address. */
const enhanced = /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/;
const enhancedAlone = new RegExp(`^\\s*(${enhanced.source})`);
/** A reply's code, at the beginning of the words or after "smtp;", "said:", "550" of another line and the like. */
const replyCode = /(?:^|[;:]\s*|\n\s*)([245]\d\d)(?=[ \-\n]|$)/;
const address = /<?[^\s<>]*@[^\s<>]*>?/g;
/** A named address without the punctuation around it: an apostrophe may be part of it. An address to ask for help is not a recipient. */
const named =
  /(?<![\w.+=-]|\w')(?!(?:postmaster|abuse|support|help\w*|(?:mail)?admin\w*|info|delist|tosa)@)(?:[^\s<>()[\]{}"',;:|/]+')*[^\s<>()[\]{}"',;:|/]+@[^\s<>()[\]{}"',;:|/]*[^\s<>()[\]{}"',;:|/.]/gi;
/** "address 192.0.2.10" */
const addressOfHost = /\baddress(?=:? ?\[?(?:\d{1,3}\.){3}\d)/gi;
const link = /\b(?:https?:\/\/|www\.)\S+/g;
/** Except the names that Exchange gives its components, which say what happened. */
const hostName = /(?<![\w.-])(?!resolver\.|storedrv\.|routing\.|queue\.)[\w-]+(?:\.[\w-]+)*\.(?:[a-z]{2,12}|\d+)(?![\w-])/gi;
/** How MTAs say which command was answered: Postfix, Exim, Sendmail. */
const commandInWords =
  /(?:in reply to (?:the )?|after (?:the )?|>>> ?|in response to (?:the )?)(end of data|data|rcpt to|mail from|ehlo|helo|auth|starttls)\b/i;

/** Decides who is to blame for a refusal. */
export function judge(said: Said): Finding {
  const evidence = evidenceIn(said);
  const { verdict, why } = rules.find(({ holds }) => holds(evidence)) ?? { verdict: "somebody else" as const, why: "unknown" };
  return {
    verdict,
    why,
    status: evidence.statuses[0] ?? (evidence.code || unspecified),
    gist: [
      ...evidence.statuses,
      evidence.code,
      evidence.words
        .replace(/\S*\d\S*/g, "")
        .replace(/\s+/g, " ")
        .trim(),
    ].join(" "),
    tryNextRoute: verdict === "somebody else",
    checkAddress: verdict === "mailbox",
  };
}

function evidenceIn({ source, command, recipient, words: all, status }: Said): Evidence {
  const words = withoutType(all.slice(0, longestReply));
  const reply = replyCode.exec(words);
  const answered = command ?? commandInWords.exec(words)?.[1] ?? (source === "conversation" ? "unknown" : "");
  const statuses = [enhanced.exec(words)?.[0], enhancedAlone.exec(status ?? "")?.[1]];
  return {
    command: answered.toUpperCase().replace("END OF DATA", "DATA"),
    code: reply?.[1] ?? "",
    statuses: statuses.filter((each) => each !== undefined && !/^[25]\.0\.0$/.test(each)) as string[],
    words: plain(words.slice(reply?.index ?? 0)),
    ofAnother: (words.slice(reply?.index ?? 0).match(named) ?? []).some((each) => !isSame(each, recipient)),
  };
}

function isSame(one: string, other: string): boolean {
  const key = (each: string) =>
    `${each.slice(0, each.lastIndexOf("@"))}@${domainToASCII(each.slice(each.lastIndexOf("@") + 1))}`.toLowerCase();
  return key(one.normalize("NFC")) === key(other.normalize("NFC"));
}

/** Addresses, links and host names are left out: others choose them, and could put a rule's words there. */
function plain(text: string): string {
  return withoutStatuses(text)
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .replace(addressOfHost, "ip")
    .replace(link, " ")
    .replace(address, " … ")
    .replace(hostName, " ")
    .replace(/[’‘`´]/g, "'")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .toLowerCase();
}
