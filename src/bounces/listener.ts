// Takes in, by SMTP, the notifications about mails that came back. It knows the addresses that Guestpass made and no others, relays
// nothing and answers nobody.
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { networkOf } from "../http/network.ts";
import type { Logger } from "../log.ts";
import type { Bounces } from "./bounces.ts";
import { deliveryStatuses } from "./notification.ts";
import type { ReturnPaths } from "./return-path.ts";

export interface BounceListenerDeps {
  bounces: Bounces;
  returnPaths: ReturnPaths;
  log: Logger;
}

/** A notification brings the refused mail's headers, and at the worst all of one of our mails. */
const mostBytes = 256 * 1024;
const mostClients = 50;
/** Of these, from one network: as many as a relay opens by itself (Postfix, default_destination_concurrency_limit). */
const mostOfOneNetwork = 20;
const silence = 30_000;

export class BounceListener {
  readonly #deps: BounceListenerDeps;
  readonly #server: SMTPServer;

  constructor(deps: BounceListenerDeps) {
    this.#deps = deps;
    this.#server = new SMTPServer({
      banner: "Guestpass takes in notifications about its mails",
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      size: mostBytes,
      rejectOversized: true,
      maxRecipients: 1,
      maxClients: mostClients,
      socketTimeout: silence,
      closeTimeout: 1000,
      onConnect: (session, done) => done(this.#crowds(session) ? later("Too many connections from your network") : null),
      onRcptTo: ({ address }, session, done) => void this.#admit(address, session).then(done, (error: unknown) => done(this.#later(error))),
      onData: (stream, session, done) =>
        void this.#take(stream, session).then(
          () => done(),
          (error: unknown) => done(this.#later(error)),
        ),
    });
    // A connection that broke off.
    this.#server.on("error", (error) => this.#deps.log.debug({ err: error }, "a conversation with the bounce listener broke off"));
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** @throws where the port is taken */
  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.server.off("error", reject);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve));
  }

  /** Whether its network has so many connections already: one that holds them keeps nobody else out. */
  #crowds({ id, remoteAddress }: SMTPServerSession): boolean {
    const network = networkOf(remoteAddress);
    const ofNetwork = [...this.#server.connections].filter((each) => networkOf(each.remoteAddress) === network);
    return ofNetwork.findIndex((each) => each.id === id) >= mostOfOneNetwork;
  }

  /** @returns what speaks against the recipient */
  async #admit(address: string, { remoteAddress }: SMTPServerSession): Promise<Error | null> {
    const mailId = this.#deps.returnPaths.mailIn(address);
    const expected = mailId === undefined ? "never" : await this.#deps.bounces.expects(mailId, networkOf(remoteAddress));
    if (expected === "never") return Object.assign(new Error("No such mailbox here"), { responseCode: 550 });
    return expected === "later" ? later("Too many notifications from your network, try again in a minute", 451) : null;
  }

  /** What is no notification of a failure is taken in, too, and forgotten: nobody would read a complaint about it. */
  async #take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const raw = await contentOf(stream);
    const mailId = this.#deps.returnPaths.mailIn(session.envelope.rcptTo[0]?.address ?? "");
    if (raw === undefined || mailId === undefined) return;
    const statuses = await deliveryStatuses(raw).catch(() => []);
    await this.#deps.bounces.notified(mailId, statuses);
  }

  #later(error: unknown): Error {
    this.#deps.log.error({ err: error }, "what came back could not be recorded");
    return later("Try again later", 451);
  }
}

/** RFC 5321, 4.2.2: the other side tries again. */
function later(message: string, responseCode = 421): Error {
  return Object.assign(new Error(message), { responseCode });
}

/** Reads to the end whatever its size. @returns undefined where that is more than is kept: it is refused */
async function contentOf(stream: SMTPServerDataStream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) chunks.length = 0;
    else chunks.push(chunk);
  }
  return bytes > mostBytes ? undefined : Buffer.concat(chunks);
}
