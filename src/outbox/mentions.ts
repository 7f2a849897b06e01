// The addresses that a mail names: "joann@example.com" and "ann@example.com.au" do not name "ann@example.com".
import type { Message } from "./outbox-store.ts";

export function names({ subject, text, html, replyTo = "" }: Message, address: string): boolean {
  const escaped = address.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const alone = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}._+-])${escaped}(?![\\p{L}\\p{M}\\p{N}-]|\\.[\\p{L}\\p{N}])`, "iu");
  return [subject, text, html, replyTo].some((part) => alone.test(part));
}
