// Receives notifications about bounced mails by SMTP. It accepts only the addresses that Guestpass made, and the postmaster and
// abuse addresses that every mail domain has (RFC 5321, 4.5.1; RFC 2142). It relays nothing and sends no replies.
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { networkOf } from "../http/network.ts";
import type { Logger } from "../log.ts";
import type { Bounces } from "./bounces.ts";
import { mostBytesRead, readNotification } from "./notification.ts";
import { beginningOf } from "./postmaster.ts";
import type { ReturnPaths } from "./return-path.ts";

export interface BounceListenerDeps {
  bounces: Bounces;
  returnPaths: ReturnPaths;
  log: Logger;
}

/** A notification contains the refused mail's headers, at worst the whole mail, wrapped by a gateway or two. */
const mostBytes = 4 * mostBytesRead;
const mostClients = 50;
/** Connections from one network: as many as a relay opens by itself (Postfix, default_destination_concurrency_limit). */
const mostOfOneNetwork = 20;
const silence = 30_000;

export class BounceListener {
  readonly #deps: BounceListenerDeps;
  readonly #server: SMTPServer;

  constructor(deps: BounceListenerDeps) {
    this.#deps = deps;
    this.#server = new SMTPServer({
      banner: "Guestpass receives notifications about its mails",
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
    this.#server.on("error", (error) => this.#deps.log.debug({ err: error }, "a connection to the bounce listener was broken off"));
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** @throws if the port is taken */
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

  /** Whether its network has reached its connections, so that one network keeps nobody else out. */
  #crowds({ id, remoteAddress }: SMTPServerSession): boolean {
    const network = networkOf(remoteAddress);
    const ofNetwork = [...this.#server.connections].filter((each) => networkOf(each.remoteAddress) === network);
    return ofNetwork.findIndex((each) => each.id === id) >= mostOfOneNetwork;
  }

  /** @returns why the recipient is refused */
  async #admit(address: string, { remoteAddress }: SMTPServerSession): Promise<Error | null> {
    const { bounces, returnPaths } = this.#deps;
    const network = networkOf(remoteAddress);
    const mailId = returnPaths.mailIn(address);
    const unknown = returnPaths.isPostmaster(address) ? bounces.admits(network) : "never";
    const expected = await (mailId === undefined ? unknown : bounces.expects(mailId, network));
    if (expected === "never") return Object.assign(new Error("No such mailbox here"), { responseCode: 550 });
    return expected === "later" ? later("Too many notifications from your network, try again in a minute", 451) : null;
  }

  /** Mail that is not a notification of a failure is also accepted, and dropped: nobody would read a reply about it. */
  async #take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const raw = await contentOf(stream);
    if (raw === undefined) return;
    const mailId = this.#deps.returnPaths.mailIn(session.envelope.rcptTo[0]?.address ?? "");
    if (mailId === undefined) return this.#deps.bounces.wroteToPostmaster(await beginningOf(raw));
    await this.#deps.bounces.notified(mailId, await readNotification(raw).catch(() => []));
  }

  #later(error: unknown): Error {
    this.#deps.log.error({ err: error }, "a returned mail could not be recorded");
    return later("Try again later", 451);
  }
}

/** RFC 5321, 4.2.2: the other side tries again. */
function later(message: string, responseCode = 421): Error {
  return Object.assign(new Error(message), { responseCode });
}

/** Reads to the end whatever the size, and keeps the beginning. @returns undefined if it is too large and refused */
async function contentOf(stream: SMTPServerDataStream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (bytes < mostBytesRead) chunks.push(chunk);
    bytes += chunk.length;
  }
  return bytes > mostBytes ? undefined : Buffer.concat(chunks).subarray(0, mostBytesRead);
}
