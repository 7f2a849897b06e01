// The development mailbox: a real SMTP server on loopback that keeps what it is sent, for reading on a page.
// It exists only in development mode, which requires a loopback issuer.
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  /** Counts from 1. */
  id: number;
  to: string;
  from: string;
  subject: string;
  text: string;
  /** As guests see it; undefined if the mail has only text. */
  html: string | undefined;
  /** The passcode in the mail. */
  code: string | undefined;
  receivedAt: Date;
}

const most = 100;

export class DevelopmentMailbox {
  /** The newest first. */
  readonly mails: ReceivedMail[] = [];
  #received = 0;
  readonly #server: SMTPServer;

  constructor() {
    this.#server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      size: 1024 * 1024,
      onData: (stream, session, done) => {
        simpleParser(stream).then((mail) => {
          const text = mail.text ?? "";
          this.mails.unshift({
            id: ++this.#received,
            to: session.envelope.rcptTo.map((recipient) => recipient.address).join(", "),
            from: mail.from?.text ?? "",
            subject: mail.subject ?? "",
            text,
            html: mail.html === false ? undefined : mail.html,
            code: /^(\d{6,8})$/m.exec(text)?.[1],
            receivedAt: mail.date ?? new Date(0),
          });
          this.mails.length = Math.min(this.mails.length, most);
          done();
        }, done);
      },
    });
  }

  /** @returns the mails to addresses that contain the text, the newest first */
  search(address: string): ReceivedMail[] {
    return this.mails.filter(({ to }) => to.toLowerCase().includes(address.trim().toLowerCase()));
  }

  /** @throws if the port is taken */
  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => {
        this.#server.off("error", reject);
        this.#server.on("error", () => undefined);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
