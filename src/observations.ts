// Events to be counted for metrics (src/metrics/): words from short lists, never personal data.

export type Observation =
  /** A guest was asked to sign in; was admitted; was not admitted in spite of a typed code. */
  | { of: "sign-in"; outcome: "started" | "finished" | "refused" }
  /** A code was mailed ("asked"), or typed, with its result. */
  | { of: "code"; outcome: string }
  /** A limit was reached. */
  | { of: "limit"; limit: string }
  /** One attempt to hand a mail over. */
  | { of: "mail"; kind: string; route: string; outcome: string }
  /** A mail server accepted a mail, this many seconds after it was enqueued. */
  | { of: "hand-over"; kind: string; seconds: number }
  /** A mail came back, or was refused by the recipient's mailbox, and whether that marked the mailbox. */
  | { of: "bounce"; outcome: "marked" | "known" | "not-counted" }
  /** Administrators got an alert. */
  | { of: "alert"; alert: string }
  /** One attempt to tell an application that a session has ended. */
  | { of: "logout"; outcome: "delivered" | "delayed" | "given-up" }
  /** One attempt to tell an application's webhook of an event. */
  | { of: "webhook"; outcome: "delivered" | "delayed" | "given-up" }
  | { of: "sweep"; outcome: "done" | "failed" }
  /** The route is a pattern. */
  | { of: "request"; method: string; route: string; status: number; seconds: number };

export type Observe = (observation: Observation) => void;

/** Runs the housekeeping, and observes how it ended. */
export async function observeSweep(observe: Observe, sweep: () => Promise<void>): Promise<void> {
  try {
    await sweep();
    observe({ of: "sweep", outcome: "done" });
  } catch (error) {
    observe({ of: "sweep", outcome: "failed" });
    throw error;
  }
}
