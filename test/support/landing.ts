// A relying application reduced to the address that a browser ends at: it keeps what arrives there.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Arrival {
  method: string;
  path: string;
  /** Of the query, or of the form where one was posted. */
  parameters: URLSearchParams;
}

export class Landing {
  readonly arrivals: Arrival[] = [];
  /** Where an arrival is sent on to; nowhere unless it is set. */
  onward: string | undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const url = new URL(request.url ?? "", this.url);
      const method = request.method ?? "";
      const parameters = method === "POST" ? new URLSearchParams(Buffer.concat(chunks).toString()) : url.searchParams;
      this.arrivals.push({ method, path: url.pathname, parameters });
      if (this.onward !== undefined) return void response.writeHead(302, { location: this.onward }).end();
      response.setHeader("content-type", "text/html");
      response.end(`<!doctype html><html lang="en"><title>Arrived</title><link rel="icon" href="data:,"><h1>Arrived</h1></html>`);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
