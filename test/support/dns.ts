// A DNS server on this machine that answers questions for TXT records (RFC 1035), by UDP alone.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** The strings of each record; an alias for another name; or no answer at all, or a failure. */
type Zone = string[][] | { alias: string } | "silence" | "failure";

export class Dns {
  readonly #socket: Socket;
  readonly #names = new Map<string, Zone>();
  /** The names that were asked for, in order. */
  readonly asked: string[] = [];
  /** What it does whatever is asked. */
  away: "silence" | "failure" | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (question, { port, address }) => {
      const answer = this.#answer(question);
      if (answer) socket.send(answer, port, address);
    });
  }

  /** It does not keep the process alive. */
  static async started(): Promise<Dns> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    socket.unref();
    return new Dns(socket);
  }

  get address(): string {
    return `127.0.0.1:${(this.#socket.address() as AddressInfo).port}`;
  }

  /** Adds a record of one string. Only the last eight are kept, so that an answer stays small however many tests publish there. */
  publish(name: string, value: string): void {
    const before = this.#names.get(name);
    this.#names.set(name, [...(Array.isArray(before) ? before.slice(-7) : []), [value]]);
  }

  set(name: string, zone: Zone | undefined): void {
    if (zone === undefined) this.#names.delete(name);
    else this.#names.set(name, zone);
  }

  #answer(question: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
    }
    const asked = question.subarray(12, at + 5);
    const name = labels.join(".").toLowerCase();
    this.asked.push(name);
    const zone = this.away ?? this.#names.get(name);
    if (zone === "silence") return undefined;
    const answers: Buffer[] = [];
    let target: Zone | undefined = zone;
    let owner = Buffer.from([0xc0, 12]);
    if (typeof target === "object" && "alias" in target) {
      const { alias } = target;
      answers.push(record(owner, 5, encoded(alias)));
      owner = Buffer.from(encoded(alias));
      target = this.#names.get(alias);
    }
    if (Array.isArray(target))
      for (const strings of target)
        answers.push(
          record(owner, 16, Buffer.concat(strings.map((each) => Buffer.concat([Buffer.from([each.length]), Buffer.from(each)])))),
        );
    const header = Buffer.alloc(12);
    question.copy(header, 0, 0, 2);
    // An answer, to which recursion was available: no error, a failure of the server, or no such name.
    header.writeUInt16BE(0x8180 | (zone === "failure" ? 2 : zone === undefined ? 3 : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    return Buffer.concat([header, asked, ...answers]);
  }
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(0, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

function encoded(name: string): Buffer {
  return Buffer.concat([
    ...name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}
