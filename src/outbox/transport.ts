// Hands one mail to an SMTP server over a pooled connection.
import { getCACertificates } from "node:tls";
import type { NodemailerError } from "nodemailer";
import { serverWords } from "../verdicts/server-words.ts";
import { judge } from "../verdicts/verdict.ts";
import type { AccessTokens } from "./access-token.ts";
import type { DkimKey } from "./dkim.ts";
import { greet } from "./greeting.ts";
import type { Message, QueuedMail } from "./outbox-store.ts";
import { serverOf, wordsOf } from "./trouble.ts";

/** A mail as it is passed to a mail server. */
export type Letter = Pick<QueuedMail, "id" | "recipient" | "messageId" | "content" | "expiresAt">;

/** `reply` is the server's code and enhanced status (RFC 3463), or the name of the connection's error: never an address. */
export interface Delivery {
  /**
   * refused: the server will never take it (RFC 5321, 5yz to the recipient or the message).
   * unknown: it has the whole mail, but the connection was lost before its answer.
   */
  outcome: "accepted" | "refused" | "delayed" | "unknown";
  reply: string;
  /** The server's own words (src/verdicts/server-words.ts), or why it cannot be reached (trouble.ts). For administrators, not for the log. */
  words: string;
  /** Whether the trouble is the server's rather than this mail's. */
  serverFailed: boolean;
  /** The reason for a refusal. */
  blame?: Blame;
  /** Where it was refused: the command, and everything the server said. It may contain addresses, so it is never logged. */
  refusal?: { command: string; response: string; recipient: string };
}

/**
 * address: the mailbox is not there, so its owner may have mistyped it. letters: the server cannot send to such an address (RFC 6531).
 * mailbox: it accepts nothing at present. route: the refusal is about the server's own policy, its login, the sender or the mail; another route may accept it.
 */
type Blame = "address" | "letters" | "mailbox" | "route";

/** The address (RFC 5321, reverse-path) to which the mail with this id comes back if it cannot be delivered. */
export type ReturnPath = (mailId: string) => string;

export interface TransportSettings {
  smtpUrl: string;
  from: string;
  /** required: STARTTLS or nothing; opportunistic: if the server offers it; none: never. An smtps URL is TLS from the first byte. */
  tls?: "required" | "opportunistic" | "none" | undefined;
  dkim?: DkimKey | undefined;
  /** PEM: the operator's own authorities, trusted beside the public ones. */
  ca?: string | undefined;
  /** Our name in EHLO; the machine's name by default. */
  ehloName?: string | undefined;
  /** Headers that the provider reads: the message stream, the configuration set. */
  headers?: Record<string, string> | undefined;
  /** In place of a password: an access token, by which the user of the URL logs in. */
  accessTokens?: AccessTokens | undefined;
}

/** All that nodemailer signs, and headers that it leaves out: adding or changing them would change what the mail is. */
const signedHeaders = [
  "From:Sender:Reply-To:Subject:Date:Message-ID:To:Cc:MIME-Version:Content-Type:Content-Transfer-Encoding:In-Reply-To:References",
  "List-Id:List-Unsubscribe:List-Unsubscribe-Post:OTP-Token:Auto-Submitted:Content-Language",
].join(":");

export const connections = 5;
const greetingTimeout = 10_000;
/** RFC 3461: report failures, not delays, and leave out the text of the mail. Servers that do not support it are not asked. */
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

  /**
   * @param mostMs how long the attempt may take, in whole milliseconds, including the wait for a connection
   * @param held aborted if the attempt has to be broken off for a reason other than the server
   */
  async deliver(mail: Letter, mostMs: number, held?: AbortSignal): Promise<Delivery> {
    const content = JSON.parse(mail.content) as Message;
    const to = { name: "", address: mail.recipient };
    // Not AbortSignal.timeout: its clock runs on after the mail is sent, and then makes an error for nobody.
    const late = new AbortController();
    const abort = () => late.abort();
    const timer = setTimeout(abort, mostMs);
    held?.addEventListener("abort", abort);
    try {
      const smtp = await this.#smtp();
      if (needsUtf8(mail.recipient) && !(await greet(serverIn(smtp), late.signal)).offers("SMTPUTF8")) return this.#noUtf8();
      const { response } = await smtp.sendMail({
        from: this.#settings.from,
        to,
        ...(this.#returnPath ? { envelope: { from: this.#returnPath(mail.id), to } } : {}),
        dsn,
        ...(content.replyTo && carriesReplyTo(content.replyTo, mail) ? { replyTo: { name: "", address: content.replyTo } } : {}),
        subject: content.subject,
        text: content.text,
        html: content.html,
        ...(content.otp ? { otp: content.otp } : {}),
        messageId: mail.messageId,
        signal: late.signal,
        // RFC 3834: no vacation notice or other robot should answer.
        headers: {
          ...this.#settings.headers,
          "Auto-Submitted": "auto-generated",
          "X-Auto-Response-Suppress": "All",
          "Content-Language": content.language,
          ...(content.unsubscribe
            ? { "List-Unsubscribe": `<${content.unsubscribe}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }
            : {}),
        },
      });
      return { outcome: "accepted", reply: replyCode(response), words: serverWords(response, mail.recipient), serverFailed: false };
    } catch (error) {
      const failure = this.#failure(error as NodemailerError, mail);
      return held?.aborted ? { ...failure, serverFailed: false } : failure;
    } finally {
      clearTimeout(timer);
      held?.removeEventListener("abort", abort);
      this.#handedOver.delete(mail.messageId);
    }
  }

  /** Connects and logs in. @throws Error in an operator's words, if the server does not answer or refuses */
  async verify(): Promise<void> {
    const smtp = await this.#smtp();
    await smtp.verify().catch((error: NodemailerError) => {
      const words = wordsOf(this.#settings.smtpUrl, error);
      throw new Error(error.code === "EAUTH" ? `Invalid login: ${words}` : words);
    });
  }

  /** If the URL has a login that the server never offers, nodemailer continues without it. @returns that in words */
  async missingLogin(): Promise<string | undefined> {
    const { smtpUrl } = this.#settings;
    if (new URL(smtpUrl).username === "") return undefined;
    const { login } = await greet(serverIn(await this.#smtp()), AbortSignal.timeout(greetingTimeout));
    return login
      ? undefined
      : `${serverOf(smtpUrl)} offers no login (AUTH), so the user and password in its URL are not used: some servers offer it only with TLS, or on another port (587, 465)`;
  }

  /** Attempts under way end as delayed or unknown. */
  close(): void {
    void this.#pool?.then((smtp) => smtp.close({ force: true }));
  }

  #noUtf8(): Delivery {
    const words = `${serverOf(this.#settings.smtpUrl)} does not offer SMTPUTF8 (RFC 6531), which an address with such letters before the @ needs`;
    return { outcome: "refused", reply: "no SMTPUTF8", words, serverFailed: false, blame: "letters" };
  }

  #failure(error: NodemailerError, { recipient, messageId }: Letter): Delivery {
    const { code, command = "", responseCode, response } = error;
    const reply = response ? replyCode(response) : (code ?? "error");
    const words = wordsOf(this.#settings.smtpUrl, error, recipient);
    // The sender is the same in every mail: a server that refuses it accepts no mail, but another one may.
    const aboutSender = command === "MAIL FROM" && Boolean(response);
    const aboutThisMail = !aboutSender && (code === "EENVELOPE" || code === "EMESSAGE");
    const permanent = aboutThisMail && (responseCode === undefined || responseCode >= 500);
    if (permanent && !response) return { outcome: "refused", reply, words, serverFailed: false, blame: "address" };
    if (permanent && response) {
      const refusal = { command, response, recipient };
      return { outcome: "refused", reply, words, serverFailed: false, blame: blameIn(refusal), refusal };
    }
    // RFC 5321, 3.8: 421 means that the service is closing, whichever command it answers.
    if (response) return { outcome: "delayed", reply, words, serverFailed: !aboutThisMail || responseCode === 421 };
    return { outcome: this.#handedOver.has(messageId) ? "unknown" : "delayed", reply, words, serverFailed: true };
  }
}

/** The server that the pool connects to, and how. */
function serverIn(smtp: Pool): object {
  return (smtp.transporter as unknown as { options: object }).options;
}

/** RFC 6531, 3.2. A domain with such letters has a form in ASCII. */
function needsUtf8(address: string): boolean {
  return /[^\0-\x7f]/.test(address.slice(0, address.lastIndexOf("@")));
}

/** With such letters in its header, only servers that support them could receive the mail. The help address is in its text too. */
function carriesReplyTo(replyTo: string, { recipient }: Letter): boolean {
  return !needsUtf8(replyTo) || needsUtf8(recipient);
}

function blameIn({ command, response, recipient }: NonNullable<Delivery["refusal"]>): Blame {
  const { checkAddress, tryNextRoute } = judge({ source: "conversation", command, recipient, words: response });
  if (checkAddress) return "address";
  return tryNextRoute ? "route" : "mailbox";
}

/** nodemailer is loaded for the first mail: a server starts without it. */
async function openPool({ smtpUrl, tls, dkim, ca, ehloName, accessTokens }: TransportSettings, handedOver: Set<string>) {
  const { createTransport } = await import("nodemailer");
  const timeouts = { connectionTimeout: 10_000, greetingTimeout, socketTimeout: 30_000 };
  const smtp = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: connections,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(tls === "required" ? { requireTLS: true } : {}),
    ...(tls === "none" ? { ignoreTLS: true } : {}),
    ...(ca ? { tls: { ca: [...getCACertificates("default"), ca] } } : {}),
    ...(ehloName ? { name: ehloName } : {}),
    ...(dkim
      ? { dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.privateKey, headerFieldNames: signedHeaders } }
      : {}),
    ...(accessTokens ? { auth: { type: "OAuth2" as const, user: decodeURIComponent(new URL(smtpUrl).username) } } : {}),
    ...timeouts,
  });
  if (accessTokens)
    smtp.set("oauth2_provision_cb", (_user, anew, done) => {
      accessTokens.get(anew).then(
        ({ token, expiresAt }) => done(null, token, expiresAt),
        (error: Error) => done(error),
      );
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
