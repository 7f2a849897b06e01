// HTTP as an attacker speaks it: any method, target and header, and bytes that are no HTTP at all.
import { type IncomingHttpHeaders, request } from "node:http";
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface RawRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** One request to a port of 127.0.0.1; the target and the headers (Host too) are sent as they are given. */
export function send(port: number, path: string, { method = "GET", headers = {}, body }: RawRequest = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers: { connection: "close", ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Writes bytes to a port of 127.0.0.1. @returns what came back until the server closed the connection */
export function sendBytes(port: number, bytes: string): Promise<string> {
  const { socket, closed } = openSocket(port);
  socket.write(bytes);
  return closed;
}

/** A connection to a port of 127.0.0.1, and all that comes back on it until the server closes it. */
export function openSocket(port: number): { socket: Socket; closed: Promise<string> } {
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise<string>((resolve) => {
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    // A server that closes while bytes are still on their way to it resets the connection.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
  });
  return { socket, closed };
}
