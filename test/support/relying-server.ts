// The server of a relying application that receives back-channel logouts and events, and answers as it is told.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedLogout {
  method: string | undefined;
  type: string | undefined;
  /** The fields of the form that was posted. */
  fields: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

export class RelyingServer {
  readonly received: ReceivedLogout[] = [];
  /** The status that the next requests are answered with; a promise keeps them waiting. */
  answer: () => number | Promise<number> = () => 200;
  /** What it says with it. */
  words = "";
  /** Set while requests get no answer. */
  #hanging: (() => void) | undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (this.#hanging) return this.#hanging();
      const status = await this.answer();
      if (status === 200) {
        const body = Buffer.concat(chunks).toString();
        const fields = Object.fromEntries(new URLSearchParams(body));
        const headers = request.headers as Record<string, string>;
        this.received.push({ method: request.method, type: headers["content-type"], fields, headers, body });
      }
      response.writeHead(status).end(this.words);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/logout`;
  }

  /** From now on requests get no answer, until `over`. @returns `asked` resolves with the first of them */
  hang(): { asked: Promise<void>; over(): void } {
    const asked = new Promise<void>((resolve) => (this.#hanging = resolve));
    const over = () => {
      this.#hanging = undefined;
    };
    return { asked, over };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
