// Whom a mail names: "ann@example.com" is not named where "joann@example.com" or "ann@example.com.au" is.
import type { Message } from "./outbox-store.ts";

export function names({ subject, text, html, replyTo = "" }: Message, address: string): boolean {
  const escaped = address.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const alone = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}._+-])${escaped}(?![\\p{L}\\p{M}\\p{N}-]|\\.[\\p{L}\\p{N}])`, "iu");
  return [subject, text, html, replyTo].some((part) => alone.test(part));
}
