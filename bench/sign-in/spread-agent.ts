import { Agent } from "node:http";
import { connect, type NetConnectOpts } from "node:net";

/** Connects to each of the ports in turn, whatever the address says, as a load balancer would. */
export class SpreadAgent extends Agent {
  readonly #ports: number[];
  #made = 0;

  constructor(ports: number[]) {
    super({ keepAlive: true });
    this.#ports = ports;
  }

  override createConnection(options: NetConnectOpts): ReturnType<typeof connect> {
    return connect({ ...options, port: this.#ports[this.#made++ % this.#ports.length] as number, path: undefined } as NetConnectOpts);
  }
}
