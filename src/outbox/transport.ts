// Hands one mail to an SMTP server over a pooled connection.
import type { NodemailerError } from "nodemailer";
import type { DkimKey } from "./dkim.ts";
import type { Message, QueuedMail } from "./outbox-store.ts";

/** What a mail server is given. */
export type Letter = Pick<QueuedMail, "id" | "recipient" | "messageId" | "content" | "expiresAt">;

/** `reply` is the server's code and enhanced status (RFC 3463), or the name of the connection's error: never an address. */
export interface Delivery {
  /**
   * refused: the server will never take it (RFC 5321, 5yz to the recipient or the message).
   * unknown: it has the whole mail, and the connection was lost before its answer.
   */
  outcome: "accepted" | "refused" | "delayed" | "unknown";
  reply: string;
  /** Whether the trouble is the server's rather than this mail's. */
  serverFailed: boolean;
  /** Where it was refused: the command, and all that the server said. It may hold addresses, so it goes into no log. */
  refusal?: { command: string; response: string };
}

/** The address (RFC 5321, reverse-path) that the mail with this id comes back to where it cannot be delivered. */
export type ReturnPath = (mailId: string) => string;

export interface TransportSettings {
  smtpUrl: string;
  from: string;
  /** required: STARTTLS or nothing; opportunistic: where the server offers it; none: never. An smtps URL is TLS from the first byte. */
  tls?: "required" | "opportunistic" | "none" | undefined;
  dkim?: DkimKey | undefined;
}

export const connections = 5;
/** RFC 3461: tell of failures, not of delays, and leave the text of the mail out. Servers that do not know it are not asked. */
const dsn = { notify: ["failure"], return: "headers" };

type Pool = Awaited<ReturnType<typeof openPool>>;

export class Transport {
  readonly #settings: TransportSettings;
  readonly #returnPath: ReturnPath | undefined;
  /** Message-IDs of mails under way that the server has to the last byte. */
  readonly #handedOver = new Set<string>();
  #pool: Promise<Pool> | undefined;

  /** @param returnPath the sender's address where there is none */
  constructor(settings: TransportSettings, returnPath?: ReturnPath) {
    this.#settings = settings;
    this.#returnPath = returnPath;
  }

  #smtp(): Promise<Pool> {
    this.#pool ??= openPool(this.#settings, this.#handedOver);
    return this.#pool;
  }

  /** @param mostMs how long the attempt may take, whole milliseconds: waiting for a connection included */
  async deliver(mail: Letter, mostMs: number): Promise<Delivery> {
    const content = JSON.parse(mail.content) as Message;
    const to = { name: "", address: mail.recipient };
    // Not AbortSignal.timeout: its clock runs on after the mail is sent, and then makes an error for nobody.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), mostMs);
    try {
      const smtp = await this.#smtp();
      const { response } = await smtp.sendMail({
        from: this.#settings.from,
        to,
        ...(this.#returnPath ? { envelope: { from: this.#returnPath(mail.id), to } } : {}),
        dsn,
        ...(content.replyTo ? { replyTo: { name: "", address: content.replyTo } } : {}),
        subject: content.subject,
        text: content.text,
        html: content.html,
        messageId: mail.messageId,
        signal: late.signal,
        // RFC 3834: no vacation notice or other robot should answer.
        headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": content.language },
      });
      return { outcome: "accepted", reply: replyCode(response), serverFailed: false };
    } catch (error) {
      return this.#failure(error as NodemailerError, this.#handedOver.has(mail.messageId));
    } finally {
      clearTimeout(timer);
      this.#handedOver.delete(mail.messageId);
    }
  }

  /** Connects and logs in. @throws where the server does not answer or refuses */
  async verify(): Promise<void> {
    await (await this.#smtp()).verify();
  }

  /** Attempts under way end as delayed or unknown. */
  close(): void {
    void this.#pool?.then((smtp) => smtp.close({ force: true }));
  }

  #failure({ code, command = "", responseCode, response }: NodemailerError, handedOver: boolean): Delivery {
    const reply = response ? replyCode(response) : (code ?? "error");
    // The sender is the same in every mail: whoever refuses it takes none, where another server may.
    const aboutSender = command === "MAIL FROM" && Boolean(response);
    const aboutThisMail = !aboutSender && (code === "EENVELOPE" || code === "EMESSAGE");
    const permanent = aboutThisMail && (responseCode === undefined || responseCode >= 500);
    if (permanent) return { outcome: "refused", reply, serverFailed: false, ...(response ? { refusal: { command, response } } : {}) };
    // RFC 5321, 3.8: 421 is the service going away, whatever it answers.
    if (response) return { outcome: "delayed", reply, serverFailed: !aboutThisMail || responseCode === 421 };
    return { outcome: handedOver ? "unknown" : "delayed", reply, serverFailed: true };
  }
}

/** nodemailer is loaded with the first mail: a server starts without it. */
async function openPool({ smtpUrl, tls, dkim }: TransportSettings, handedOver: Set<string>) {
  const { createTransport } = await import("nodemailer");
  const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };
  const smtp = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: connections,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(tls === "required" ? { requireTLS: true } : {}),
    ...(tls === "none" ? { ignoreTLS: true } : {}),
    ...(dkim ? { dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.privateKey } } : {}),
    ...timeouts,
  });
  smtp.use("stream", (mail, done) => {
    const create = mail.message.createReadStream.bind(mail.message);
    mail.message.createReadStream = (options) => create(options).once("end", () => handedOver.add(String(mail.data.messageId)));
    done();
  });
  return smtp;
}

function replyCode(response: string): string {
  return /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0] ?? "unreadable";
}
