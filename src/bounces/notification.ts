// Reads a delivery status notification (RFC 3464, RFC 6533), as mail servers write them.
import { simpleParser } from "mailparser";
import type { DeliveryStatus } from "./refusal.ts";

/** Of the part that counts: fields of a few lines. */
const mostBytes = 16 * 1024;
/** Of a part's header, which is read at once: nothing else happens meanwhile. */
const mostHeaderBytes = 32 * 1024;
const statusPart = /^message\/(?:global-)?delivery-status$/;

/** @returns what it says of each recipient; nothing where it is another kind of mail: an automatic answer, say */
export async function deliveryStatuses(raw: Buffer): Promise<DeliveryStatus[]> {
  const { attachments } = await simpleParser(raw, {
    keepDeliveryStatus: true,
    maxHeadSize: mostHeaderBytes,
    ignoreEmbedded: true,
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    checksumAlgo: false,
  });
  const parts = attachments.filter(({ contentType }) => statusPart.test(contentType));
  return parts.flatMap(({ content }) => recipientsIn(content.toString("latin1", 0, mostBytes)));
}

/** The first group of fields is about the message, each following one about a recipient. */
function recipientsIn(text: string): DeliveryStatus[] {
  const groups = text.replaceAll("\r\n", "\n").split(/\n[ \t]*\n/);
  return groups
    .map(fieldsIn)
    .filter((fields) => fields.has("action"))
    .map((fields) => ({
      action: fields.get("action") as string,
      status: fields.get("status") ?? "",
      diagnostic: fields.get("diagnostic-code") ?? "",
    }));
}

/** Names in lower case. A line that begins with white space goes on with the one before (RFC 5322, 2.2.3). */
function fieldsIn(group: string): Map<string, string> {
  const lines = group.replace(/\n[ \t]+/g, " ").split("\n");
  const fields = lines.map((line) => /^([\w-]+)[ \t]*:(.*)$/.exec(line)).filter((field) => field !== null);
  return new Map(fields.map(([, name, value]) => [String(name).toLowerCase(), String(value).trim()]));
}
