// The records of mails and of the attempts to send them.

export interface Attempt {
  attempt: number;
  /** When it began, milliseconds since the epoch. */
  at: number;
  /** null if the process that tried ended before it could say. */
  route: string | null;
  /** unknown: the server may have accepted the mail; it is sent again with the same Message-ID. */
  outcome: "accepted" | "refused" | "delayed" | "unknown";
  reply: string | null;
  /** The server's own words, or why it could not be reached. */
  words: string | null;
  ms: number | null;
}

export interface MailRecord {
  id: string;
  kind: string;
  recipient: string;
  messageId: string;
  /** Anybody may have caused it, by typing the address. */
  byVisitor: boolean;
  state: "queued" | "sent" | "failed" | "parked" | "expired";
  attempts: number;
  createdAt: number;
  nextAttemptAt: number;
  expiresAt: number;
  settledAt: number | null;
  /** When the last finished attempt began. */
  lastAt: number | null;
  lastRoute: string | null;
  lastReply: string | null;
  lastWords: string | null;
  /** The mail came back, or the recipient's mailbox refused it for good, milliseconds since the epoch. */
  bouncedAt: number | null;
  /** The host or the route that said so. */
  bouncedBy: string | null;
  /** In its words, without addresses. */
  bouncedReply: string | null;
}

/** The states that lists filter by. bounced: it came back after a server had accepted it, so it no longer counts as sent. */
export const mailStates = ["queued", "sent", "bounced", "failed", "parked", "expired"] as const;
export type MailState = (typeof mailStates)[number];

export interface RouteRecord {
  route: string;
  accepted: number;
  notAccepted: number;
  lastAcceptedAt: number | null;
  lastFailedAt: number | null;
}
