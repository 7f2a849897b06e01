// Reads what mail servers write about a mail that they could not deliver: delivery status notifications (RFC 3464, RFC 6533), also
// if a gateway wrapped them, and the older forms, which are text. Nothing of our own returned mail is kept.
import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { type ParsedMail, simpleParser } from "mailparser";
import type { Report } from "./report.ts";

/** Bytes of a notification that are examined. The returned mail comes last, and may be cut off. */
export const mostBytesRead = 256 * 1024;
/** Of a part that counts: fields of a few lines. */
const mostFieldBytes = 16 * 1024;
const mostTextCharacters = 32 * 1024;
/** Of a part's header, which is read in one go: nothing else happens meanwhile. */
const mostHeaderBytes = 32 * 1024;
/** The parser is fed this many bytes at a time, so that others get their turn in between. */
const bite = 4 * 1024;
/** A gateway wraps a notification once. */
const mostWrappings = 3;
const mostReports = 100;
/** Nested multiparts cost the parser more the deeper they go; a wrapped notification has four. */
const mostMultiparts = 20;
const statusPart = /^message\/(?:global-)?delivery-status$/;
const wrapped = /^message\/(?:rfc822|global)$/;

/** @returns the report for each recipient; nothing for another kind of mail, such as an automatic reply */
export async function readNotification(raw: Buffer, wrappings = 0): Promise<Report[]> {
  const read = raw.subarray(0, mostBytesRead);
  if (countOf(/\bboundary\s*=/gi, read) > mostMultiparts) return [];
  const mail = await simpleParser(bites(read), {
    keepDeliveryStatus: true,
    maxHeadSize: mostHeaderBytes,
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    checksumAlgo: false,
  });
  const parts = mail.attachments.filter(({ contentType }) => statusPart.test(contentType));
  if (parts.length > 0) return parts.flatMap(({ content }) => statusReports(fieldText(content))).slice(0, mostReports);
  const inText = textReports(mail);
  if (inText.length > 0 || wrappings === mostWrappings) return inText.slice(0, mostReports);
  for (const { content } of mail.attachments.filter(({ contentType }) => wrapped.test(contentType)).slice(0, mostWrappings)) {
    const within = await readNotification(content, wrappings + 1);
    if (within.length > 0) return within;
  }
  return [];
}

function countOf(pattern: RegExp, raw: Buffer): number {
  return raw.toString("latin1").match(pattern)?.length ?? 0;
}

function bites(raw: Buffer): Readable {
  return Readable.from(
    (async function* () {
      for (let from = 0; from < raw.length; from += bite) {
        yield raw.subarray(from, from + bite);
        await turn();
      }
    })(),
    { objectMode: false },
  );
}

/** RFC 6533 uses UTF-8; older servers write what they like. */
function fieldText(content: Buffer): string {
  const bytes = content.subarray(0, mostFieldBytes);
  const text = bytes.toString("utf8");
  return text.includes("\uFFFD") ? bytes.toString("latin1") : text;
}

/** The first group of fields is about the message, each following one about a recipient. */
function statusReports(text: string): Report[] {
  const groups = text
    .replaceAll("\r\n", "\n")
    .split(/\n[ \t]*\n/)
    .map(fieldsIn);
  const reporting = groups.find((fields) => fields.has("reporting-mta"))?.get("reporting-mta");
  return groups
    .filter((fields) => fields.has("action"))
    .map((fields) => ({
      finalRecipient: recipientIn(fields.get("final-recipient")),
      originalRecipient: recipientIn(fields.get("original-recipient")),
      action: (fields.get("action") as string).split(/[\s(;]/)[0]?.toLowerCase() ?? "",
      status: fields.get("status") ?? "",
      diagnostic: fields.get("diagnostic-code") ?? "",
      server: hostIn(fields.get("remote-mta")) ?? hostIn(reporting),
    }));
}

/** Names in lower case. A line that begins with white space continues the one before (RFC 5322, 2.2.3), the server's next line. */
function fieldsIn(group: string): Map<string, string> {
  const lines = group.replace(/\n[ \t]+/g, " ").split("\n");
  const fields = lines.map((line) => /^([\w-]{1,80})[ \t]*:(.*)$/.exec(line)).filter((field) => field !== null);
  return new Map(fields.map(([, name, value]) => [String(name).toLowerCase(), String(value).trim()]));
}

/** "rfc822; ada@example.com", with or without angle brackets and comments. Another type of address is returned as it is: it is not ours. */
function recipientIn(field: string | undefined): string | undefined {
  const [type = "", ...rest] = (field ?? "").split(";");
  const address = (rest.length > 0 ? rest.join(";") : type).trim();
  const found = /<?((?:"(?:[^"\\]|\\.){1,64}"|[^\s<>"]+)@[^\s<>]+?)>?(?:\s|$)/.exec(address)?.[1];
  return found ?? (address === "" ? undefined : address);
}

/** "dns; mx.example.com (192.0.2.25, the server for example.com)" */
function hostIn(field: string | undefined): string | undefined {
  return /^(?:[\w-]+;)?\s*\[?([\w.:-]{1,255})/
    .exec(field ?? "")?.[1]
    ?.replace(/\.$/, "")
    .toLowerCase();
}

const fromServer = /mailer-?daemon|postmaster|mail delivery (?:sub)?system|mail (?:system|server)|delivery (?:service|agent)/i;
const aboutFailure =
  /undeliver|not (?:be )?deliver|deliver\w* (?:\w+ )*fail|failure notice|attempting to deliver|returned|returning message|could not (?:be )?(?:sen[dt]|deliver)|unzustellbar|non remis|no (?:se )?(?:ha |pudo )?entreg|mancat[ao] (?:consegna|recapito)|nao (?:foi )?entreg|недоставлен|не доставлен|配信(?:不能|エラー)|退信/i;
/** Alone, or behind "Failed recipient:" or "[SMTP:". */
const addressLine =
  /^[ \t]*(?:[\w -]{0,30}\brecipient:[ \t]*|\[smtp:)?(?:<((?:"[^"<>]{1,62}"|[^\s<>@]{1,64})@[^\s<>]{1,255})>|((?:"[^"<>]{1,62}"|[^\s<>@,;:[\]]{1,64})@[^\s<>,;:[\]]{1,255}))[ \t]*\]?:?[ \t]*(.*)$/i;
/** Where the mail that is returned begins. */
const returned =
  /^\s*-{2,}.*(?:copy|original|below this line|returned|message (?:header|follows)|nachricht|message d'origine)|^\s*(?:received|return-path|otp-token|dkim-signature|message-id|auto-submitted|x-auto-response-suppress|mime-version|content-(?:type|language|transfer-encoding)|list-unsubscribe(?:-post)?):/i;
/** A server that keeps trying says so; nothing has failed yet. */
const goesOn = /\bdelay|warning:|\byet\b|will be (?:re)?tried|tried again later|continue to try|no action is required/i;

/** qmail's, Exim's and other forms: an address on a line, and below it why; or the addresses in a header. */
function textReports(mail: ParsedMail): Report[] {
  const failed = failedRecipients(mail);
  const text = textOf(mail);
  const subject = mail.subject ?? "";
  if (failed.length === 0 && !(fromServer.test(mail.from?.text ?? "") && aboutFailure.test(`${subject}\n${text}`))) return [];
  const action = failed.length === 0 && goesOn.test(`${subject}\n${text}`) ? "delayed" : "failed";
  const told = paragraphsIn(text);
  const wordsFor = (address: string) => told.find((each) => sameLetters(each.address, address))?.words ?? "";
  const recipients = failed.length > 0 ? failed : told.map(({ address }) => address);
  return [...new Set(recipients)].map((address) => reportOf(address, action, wordsFor(address)));
}

function reportOf(finalRecipient: string, action: string, diagnostic: string): Report {
  const server = /\b(?:host|server|from) ([\w-]+(?:\.[\w-]+)+)/i.exec(diagnostic)?.[1]?.toLowerCase();
  return { finalRecipient, originalRecipient: undefined, action, status: "", diagnostic, server };
}

function failedRecipients({ headers }: ParsedMail): string[] {
  const value = headers.get("x-failed-recipients");
  const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
  return text.slice(0, mostTextCharacters).match(/(?:"[^"<>]{1,62}"|[^\s,;<>"]{1,64})@[^\s,;<>]{1,255}/g) ?? [];
}

function textOf({ text, html }: ParsedMail): string {
  if (text?.trim() || !html) return (text ?? "").slice(0, mostTextCharacters);
  return html
    .slice(0, mostTextCharacters)
    .replace(/<(?:br|p|div|tr|td|th|li|h\d)\b[^<>]{0,1000}>/gi, "\n")
    .replace(/<[^<>]{0,1000}>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">");
}

/** Each address at the beginning of a line, with the words behind it up to an empty line, another address or our own mail. */
function paragraphsIn(text: string): { address: string; words: string }[] {
  const paragraphs: { address: string; words: string; open: boolean }[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (returned.test(line)) break;
    const last = paragraphs.at(-1);
    const [, inBrackets, bare, rest = ""] = addressLine.exec(line) ?? [];
    const address = inBrackets ?? bare;
    // A server's words may be wrapped so that the address begins a line of them.
    const isNew = address !== undefined && !(last?.open && sameLetters(last.address, address));
    if (isNew && paragraphs.length < mostReports) paragraphs.push({ address, words: rest, open: true });
    else if (line.trim() === "" && last && last.words.trim() !== "") last.open = false;
    else if (last?.open && last.words.length < mostFieldBytes) last.words += `\n${line}`;
  }
  return paragraphs.map(({ address, words }) => ({ address, words: words.trim() }));
}

function sameLetters(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
