// Sends each request to the next of several instances, as a balancer without stickiness does.
import { createServer, request, type Server } from "node:http";

export class Balancer {
  /** Ports on 127.0.0.1. */
  targets: number[] = [];
  /** How many answers were faults (5xx), or none at all. */
  faults = 0;
  #next = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((from, to) => {
      const port = this.targets[this.#next++ % this.targets.length];
      const onward = request({ host: "127.0.0.1", port, method: from.method, path: from.url, headers: from.headers }, (answer) => {
        if ((answer.statusCode ?? 0) >= 500) this.faults++;
        to.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(to);
      });
      onward.on("error", () => {
        this.faults++;
        to.destroy();
      });
      from.pipe(onward);
    });
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
