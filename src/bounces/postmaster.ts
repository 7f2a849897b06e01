// Mail to the postmaster of the bounce domain: the part that administrators can read.
import { simpleParser } from "mailparser";
import { serverWords } from "../verdicts/server-words.ts";

/** Its sender, its subject and the beginning of its text, on one line and without addresses. */
const most = 500;

/** @returns text for a mail to administrators; "" if none of it can be read */
export async function beginningOf(raw: Buffer): Promise<string> {
  const { from, subject, text } = await simpleParser(raw.subarray(0, 64 * 1024), {
    skipTextToHtml: true,
    skipImageLinks: true,
    maxHeadSize: 32 * 1024,
  });
  return [from?.text, subject, text]
    .map((part) => serverWords(part ?? ""))
    .filter(Boolean)
    .join(" | ")
    .slice(0, most);
}
