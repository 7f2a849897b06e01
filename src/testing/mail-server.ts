// A real SMTP server that keeps what it accepts; a test can make it answer as a bad one would.
import type { AddressInfo, Socket } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

export interface Mail {
  /** Its return address (RFC 5321, reverse-path). */
  from: string;
  to: string;
  parsed: ParsedMail;
  raw: string;
}

/** Answer of the server: undefined accepts. */
export type Reply = { code: number; text: string } | undefined;

export class MailServer {
  readonly mails: Mail[] = [];
  /** Runs before it greets a client; a promise stalls it. */
  greet: () => void | Promise<void> = () => undefined;
  /** Its answer to the sender (MAIL FROM). */
  answerToSender: () => Reply = () => undefined;
  /** Its answer to each recipient (RCPT TO); a promise stalls it. */
  answer: (recipient: string) => Reply | Promise<Reply> = () => undefined;
  /** Its reply to the whole mail, including a 250 with its words. A mail that it refuses is not kept. */
  answerToMail: (mail: Mail) => Reply | Promise<Reply> = () => undefined;
  readonly #server: SMTPServer;
  readonly #waiting = new Set<() => void>();
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      closeTimeout: 500,
      onConnect: async (_session, done) => {
        await this.greet();
        done();
      },
      onMailFrom: (_address, _session, done) => done(refusal(this.answerToSender())),
      onRcptTo: async ({ address }, _session, done) => {
        done(refusal(await this.answer(address)));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", async () => {
          const raw = Buffer.concat(chunks).toString();
          const to = session.envelope.rcptTo.map(({ address }) => address).join(",");
          const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : "";
          const mail = { from, to, parsed: await simpleParser(raw), raw };
          const reply = await this.answerToMail(mail);
          const taken = reply === undefined || reply.code === 250;
          if (taken) this.mails.push(mail);
          done(taken ? null : refusal(reply), reply?.text);
          for (const wake of this.#waiting) wake();
        });
      },
    });
    this.#server.on("error", () => undefined);
    this.#server.server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** @param port for example that of an earlier server that went down */
  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return this;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve));
  }

  /** Ends every connection at once, whatever is under way on it. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  to(address: string): Mail[] {
    return this.mails.filter((mail) => mail.to === address);
  }

  /** Waits until `count` mails to the address have been accepted. */
  async wait(address: string, count = 1): Promise<Mail[]> {
    await this.until(() => this.to(address).length >= count);
    return this.to(address);
  }

  /** Waits until the condition holds; it is checked after each mail. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      let wake: () => void = () => undefined;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no such mail after 30 s; there are ${this.mails.length}`)), 30_000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#waiting.add(wake);
      }).finally(() => this.#waiting.delete(wake));
    }
  }

  /** The code in the `nth` mail (from 1) to the address; the newest one otherwise. */
  async code(address: string, nth?: number): Promise<string> {
    const mails = await this.wait(address, nth ?? 1);
    const mail = nth === undefined ? mails.at(-1) : mails[nth - 1];
    const code = codeIn(mail as Mail);
    if (!code) throw new Error(`no code in the mail "${mail?.parsed.subject}"`);
    return code;
  }
}

function refusal(reply: Reply): Error | null {
  return reply ? Object.assign(new Error(reply.text), { responseCode: reply.code }) : null;
}

/** The code in a mail, if there is one. */
export function codeIn(mail: Mail): string | undefined {
  return /^(\d{6,12})$/m.exec(mail.parsed.text ?? "")?.[1];
}
