// The development mailbox: a real SMTP server on loopback that keeps what it is sent, for reading on a page.
// It exists in development mode only, which a loopback issuer is the condition of.
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  to: string;
  from: string;
  subject: string;
  text: string;
  receivedAt: Date;
}

const most = 100;

export class DevelopmentMailbox {
  /** The newest first. */
  readonly mails: ReceivedMail[] = [];
  readonly #server: SMTPServer;

  constructor() {
    this.#server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      size: 1024 * 1024,
      onData: (stream, session, done) => {
        simpleParser(stream).then((mail) => {
          const to = session.envelope.rcptTo.map((recipient) => recipient.address).join(", ");
          this.mails.unshift({
            to,
            from: mail.from?.text ?? "",
            subject: mail.subject ?? "",
            text: mail.text ?? "",
            receivedAt: mail.date ?? new Date(0),
          });
          this.mails.length = Math.min(this.mails.length, most);
          done();
        }, done);
      },
    });
  }

  /** @throws where the port is taken */
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
