// Requests that this process makes to itself: they take the way of any other, without a network, a proxy or a certificate in between.
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from "node:http";
import { duplexPair } from "node:stream";

export class Inside {
  readonly #server: Server;
  readonly #connections = new WeakSet<object>();

  /** @param handle answers any request to this server */
  constructor(handle: RequestListener) {
    // It listens nowhere.
    this.#server = createServer(handle);
  }

  /** Whether the request is this process's own. */
  made({ socket }: IncomingMessage): boolean {
    return this.#connections.has(socket);
  }

  /** As the global fetch does, without redirects. @param url of the issuer */
  readonly fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    const { method, headers, body } = new Request(url, init);
    const content = body && Buffer.from(await new Response(body).arrayBuffer());
    const [ours, theirs] = duplexPair();
    // What a socket has beyond that.
    this.#connections.add(Object.assign(theirs, { remoteAddress: "127.0.0.1", setTimeout: () => theirs }));
    this.#server.emit("connection", theirs);
    const { host, pathname, search } = new URL(url);
    return new Promise((resolve, reject) => {
      const sent = request({
        createConnection: () => ours,
        method,
        path: `${pathname}${search}`,
        headers: { ...Object.fromEntries(headers), host, connection: "close" },
        signal: init?.signal ?? undefined,
      });
      sent.on("error", reject).on("response", async (answer: IncomingMessage) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of answer) chunks.push(chunk as Buffer);
          const known = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          );
          resolve(new Response(Buffer.concat(chunks), { status: answer.statusCode ?? 500, headers: known }));
        } catch (error) {
          reject(error as Error);
        } finally {
          ours.destroy();
          theirs.destroy();
        }
      });
      sent.end(content ?? undefined);
    });
  };
}
