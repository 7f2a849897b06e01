// Stands before a server that a test wants to be out of reach for a while.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #frozen = false;
  #fatal: string | undefined;

  constructor(target: { host: string; port: number }) {
    this.#server = createServer((near) => {
      const far = connect(target.port, target.host);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket
          .on("error", () => undefined)
          .on("close", () => {
            this.#sockets.delete(socket);
            near.destroy();
            far.destroy();
          });
      }
      if (!this.#frozen) near.pipe(far).pipe(near);
      near.on("data", (chunk: Buffer) => this.#cutAfter(chunk, near, far));
    });
  }

  /** @param port the one that it had before, to come back */
  async open(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on what is sent arrives nowhere and nobody is told, as on a network that is cut. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** New connections work again; what is connected stays as it is. */
  thaw(): void {
    this.#frozen = false;
  }

  /** The next time that a client sends the text, the server still gets it, and its answer comes to nobody: the connection is cut. */
  loseAnswerTo(text: string): void {
    this.#fatal = text;
  }

  #cutAfter(chunk: Buffer, near: Socket, far: Socket): void {
    if (this.#fatal === undefined || !chunk.includes(this.#fatal)) return;
    this.#fatal = undefined;
    far.unpipe(near).resume();
    // The pipe has written it: what comes back says that the server has done what was asked.
    far.once("data", () => near.destroy());
  }

  /** Cuts what is connected, and takes no new connections. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
