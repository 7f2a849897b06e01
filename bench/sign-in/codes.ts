// The codes that the SMTP sink has seen, for whoever waits for one.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

export class Codes {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (code: string) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async connect(port: number): Promise<Codes> {
    const socket = connect(port, "127.0.0.1");
    const codes = new Codes(socket);
    await once(socket, "connect");
    createInterface({ input: socket }).on("line", (line) => {
      const [address = "", code = ""] = line.split(" ");
      codes.#waiting.get(address)?.(code);
      codes.#waiting.delete(address);
    });
    return codes;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The code of the next mail to the address. @throws after 20 seconds without one */
  next(address: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no mail to ${address} in 20 s`)), 20_000);
      this.#waiting.set(address, (code) => {
        clearTimeout(timer);
        resolve(code);
      });
    });
  }
}
