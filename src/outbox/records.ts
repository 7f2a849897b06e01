// What is on record of mails and of the attempts to send them.

export interface Attempt {
  attempt: number;
  /** When it began, milliseconds since the epoch. */
  at: number;
  /** null where the process that tried ended before it could say. */
  route: string | null;
  /** unknown: the server may have taken the mail; it is sent again with the same Message-ID. */
  outcome: "accepted" | "refused" | "delayed" | "unknown";
  reply: string | null;
  ms: number | null;
}

export interface MailRecord {
  id: string;
  kind: string;
  recipient: string;
  messageId: string;
  state: "queued" | "sent" | "failed" | "parked" | "expired";
  attempts: number;
  createdAt: number;
  nextAttemptAt: number;
  expiresAt: number;
  settledAt: number | null;
  lastRoute: string | null;
  lastReply: string | null;
  /** The recipient's mailbox refused it for good, at once or later, milliseconds since the epoch. */
  bouncedAt: number | null;
}

export interface RouteRecord {
  route: string;
  accepted: number;
  notAccepted: number;
  lastAcceptedAt: number | null;
  lastFailedAt: number | null;
}
