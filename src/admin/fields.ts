// The kinds of values that the administration API takes. Times are RFC 3339; days may be fractions.
import { z } from "zod";
import { parseDomain } from "../guests/address.ts";
import { readAddress } from "../guests/directory-names.ts";
import { joinLines, longestName, oneLine } from "../guests/guest.ts";

export const AddressText = z
  .string()
  .max(1000)
  .transform((text, context) => {
    const address = readAddress(text);
    if (typeof address !== "string") return address;
    context.addIssue({ code: "custom", message: address });
    return z.NEVER;
  })
  .describe("An email address. A guest's user name from Microsoft's directory is read as the address that it contains");

/** Milliseconds since the epoch. A date alone is its first moment in UTC, which is how Date.parse reads it. */
export const Time = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: "must be a time such as 2027-06-30T12:00:00Z, or a date" })
  .transform((text) => Date.parse(text))
  .describe("A time (RFC 3339), or a date, which means its start in UTC");

/** At least about an hour: a shorter period would be over before the guest is in. */
export const Days = z.number().min(0.04).max(3650);

export const Line = z
  .string()
  // A cell of a spreadsheet may have several lines. A long text is refused as it is: work on it would keep others waiting.
  .overwrite((text) => (text.length > 10_000 ? text : joinLines(text)))
  .min(1)
  .max(longestName, { abort: true })
  .regex(oneLine, "must be one line without control characters");

/** Several lines for people to read, without characters that change the direction of what follows. */
const plain = /^(?:[^\p{Cc}\u202a-\u202e\u2066-\u2069]|[\n\r\t])*$/u;
export const plainText = (longest: number) => z.string().max(longest).regex(plain, "must be plain text without control characters");

export const Locale = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, "must be a language tag such as de or pt-BR")
  .describe("A language tag (BCP 47)");

/** A name that we or an administrator chose: printable ASCII. */
export const Identifier = z
  .string()
  .max(200)
  .regex(/^[\x20-\x7e]+$/, "must be an identifier: printable ASCII");

const longestUrl = 2000;

/** Its length is that of what is kept, percent-encoded: PostgreSQL's index of targets takes no more than 2,700 bytes. */
export const WebUrl = z
  .string()
  .max(longestUrl)
  .transform((text, context) => {
    const url = URL.parse(text);
    if (url && /^https?:$/.test(url.protocol)) return url.href;
    context.addIssue({ code: "custom", message: "must be a URL that begins with https:// or http://" });
    return z.NEVER;
  })
  .refine((url) => url.length <= longestUrl, `must have at most ${longestUrl} characters once it is percent-encoded`)
  .describe("A URL");

/** In a query, where everything is text. */
export const Flag = z.enum(["true", "false"]).transform((text) => text === "true");

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100).describe("The most items in a page"),
  cursor: z.string().max(500).optional().describe("The `next` of the previous page; leave it out to begin at the start"),
});

/** The same in a body, where numbers are numbers. */
export const PageBody = PageQuery.extend({
  limit: z.number().int().min(1).max(500).default(100).describe("The most items in a page"),
});

/** A page of a list; `next` is the cursor of the following one, null on the last. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable().describe("The cursor of the next page; null on the last one") });

export const shortPages = "A page may hold fewer than `limit`, even none; there are more as long as `next` is not null.";

export function time(at: number): string;
export function time(at: number | null): string | null;
export function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

export const Domain = z
  .string()
  .max(1000)
  .transform((text, context) => {
    const domain = parseDomain(text);
    if (domain !== undefined) return domain;
    context.addIssue({ code: "custom", message: "must be a domain such as example.com" });
    return z.NEVER;
  });
