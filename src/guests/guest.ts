/**
 * One line for people to read. Joiners (U+200C, U+200D) belong to Persian, to Indic scripts and to emoji; other invisible characters are refused.
 */
export const oneLine = /^(?:[^\p{Cc}\p{Cf}\u2028\u2029][\u200c\u200d]*)*$/u;
export const longestName = 200;

/** What stands on several lines, on one with spaces. Each step takes as long as the text: it comes from others, and may be long. */
export function joinLines(text: string): string {
  const lines = text.split(/[\n\v\f\r\u0085\u2028\u2029]/).map((line) => line.trim());
  return lines.filter(Boolean).join(" ");
}

export type GuestState = "invited" | "active" | "suspended";

/** A person in the guest directory. `sub` is opaque and stays the same for life. Times are milliseconds since the epoch. */
export interface Guest {
  sub: string;
  state: GuestState;
  name: string | null;
  /** OpenID Connect Core 1.0, 5.1: recorded beside the name, never guessed from it. */
  givenName: string | null;
  familyName: string | null;
  /** BCP 47. */
  locale: string | null;
  /** The primary alias, as typed. */
  email: string;
  /** When the primary alias's mailbox was last proven. */
  verifiedAt: number | null;
  /** Since when the primary alias's mailbox refuses mail for good; null if it does not. */
  undeliverableSince: number | null;
  /** When any of the guest's mailboxes was last proven. */
  provenAt: number | null;
  suspendedReason: string | null;
  notes: string | null;
  /** The guest's identifier in someone else's directory. */
  externalId: string | null;
  /** After this moment the guest counts as suspended. */
  expiresAt: number | null;
  /** How often this guest proves the mailbox again, in days; null leaves it to the other rules. */
  reverificationDays: number | null;
  /** When the guest asked to be erased; null if they did not ask, or took it back. */
  erasureAskedAt: number | null;
  /** When an administrator last declined that, and why; null if nobody did, or the guest has asked again. */
  erasureDeclined: { at: number; why: string } | null;
  createdAt: number;
  /** Also the version that If-Match compares. */
  updatedAt: number;
}

/** The data that decides whether a guest may get in anywhere at all. */
export type Welcome = Pick<Guest, "state" | "expiresAt">;

/** Neither suspended nor expired. */
export function isWelcome(guest: Welcome, now: number): boolean {
  return guest.state !== "suspended" && (guest.expiresAt === null || guest.expiresAt > now);
}

/** The guest to whom an address belongs. */
export interface Owner extends Pick<Guest, "sub" | "state" | "locale" | "expiresAt"> {
  /** The address as it was recorded: mail goes there, never to a look-alike that was typed. */
  recorded: string;
  aliasId: number;
}

/** The fields of a guest that an administrator can change. A missing field stays as it is. */
export type GuestChange = Partial<
  Pick<Guest, "name" | "givenName" | "familyName" | "locale" | "notes" | "externalId" | "expiresAt" | "reverificationDays">
>;

export interface Alias {
  id: number;
  address: string;
  domain: string;
  primary: boolean;
  mailboxId: string;
  /** Proof belongs to the mailbox. */
  verifiedAt: number | null;
  undeliverable: Undeliverable | null;
}

/** The mark of a mailbox that refuses mail for good, until a code that was sent there comes back. */
interface Undeliverable {
  /** Milliseconds since the epoch. */
  since: number;
  /** How many mails. */
  refusals: number;
  /** Of the last refusal: RFC 3463, or the three digits of a reply that had none. */
  status: string;
  /** The words of the server that refused last, on one line, without addresses. */
  reason: string;
}
