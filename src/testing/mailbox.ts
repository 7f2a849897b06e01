import { codeIn, type Mail, type MailServer } from "./mail-server.ts";

/** All mails that the provider of a test has sent. */
export class TestMailbox {
  readonly #server: MailServer;
  readonly #read = new Set<Mail>();

  constructor(server: MailServer) {
    this.#server = server;
  }

  /** The code of the first mail to the address that was not read yet: waits for it, for 30 seconds at most. */
  async code(address: string): Promise<string> {
    const next = () => this.to(address).find((mail) => !this.#read.has(mail) && codeIn(mail) !== undefined);
    await this.#server.until(() => next() !== undefined);
    const mail = next() as Mail;
    this.#read.add(mail);
    return codeIn(mail) as string;
  }

  /** All mails to the address, the first one first. */
  to(address: string): Mail[] {
    return this.#server.to(address);
  }
}
