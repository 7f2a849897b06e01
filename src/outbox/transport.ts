// Hands one mail to an SMTP server over a pooled connection.
import { createTransport, type NodemailerError } from "nodemailer";
import type { Message, QueuedMail } from "./outbox-store.ts";

/** `reply` is the server's code and enhanced status (RFC 3463), or the name of the connection's error: never an address. */
export type Delivery =
  | { outcome: "accepted"; reply: string }
  /** The server will never take it (RFC 5321, 5yz to the envelope or the message). */
  | { outcome: "refused"; reply: string }
  | { outcome: "delayed"; reply: string };

/** Queueing for a connection included: an attempt ends while its lease holds, so no other process sends the mail meanwhile. */
const longestAttempt = 90_000;

export class Transport {
  readonly #smtp;
  readonly #from: string;
  readonly #attemptMs: number;

  /** @param attemptMs how long an attempt may take, milliseconds */
  constructor({ smtpUrl, from, attemptMs = longestAttempt }: { smtpUrl: string; from: string; attemptMs?: number }) {
    this.#from = from;
    this.#attemptMs = attemptMs;
    const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };
    this.#smtp = createTransport({
      url: smtpUrl,
      pool: true,
      maxConnections: 5,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...timeouts,
    });
  }

  async deliver(mail: QueuedMail): Promise<Delivery> {
    const content = JSON.parse(mail.content) as Message;
    try {
      const { response } = await this.#smtp.sendMail({
        from: this.#from,
        to: { name: "", address: mail.recipient },
        subject: content.subject,
        text: content.text,
        html: content.html,
        messageId: mail.messageId,
        signal: AbortSignal.timeout(this.#attemptMs),
        // RFC 3834: no vacation notice or other robot should answer.
        headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": content.language },
      });
      return { outcome: "accepted", reply: replyCode(response) };
    } catch (error) {
      const { code, responseCode, response } = error as NodemailerError;
      const aboutThisMail = code === "EENVELOPE" || code === "EMESSAGE";
      const permanent = aboutThisMail && (responseCode === undefined || responseCode >= 500);
      return { outcome: permanent ? "refused" : "delayed", reply: response ? replyCode(response) : (code ?? "error") };
    }
  }

  /** Connects and logs in. @throws where the server does not answer or refuses */
  async verify(): Promise<void> {
    await this.#smtp.verify();
  }

  /** Attempts under way end as delayed. */
  close(): void {
    this.#smtp.close({ force: true });
  }
}

function replyCode(response: string): string {
  return /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0] ?? "unreadable";
}
