// What a proxy that terminates TLS does, seen from Guestpass: requests to the https issuer reach its plain port, marked.
import { once } from "node:events";
import { request } from "node:http";
import { createServer, type Server } from "node:https";
import { certificate } from "./certificate.ts";

/** fetch, with requests to `issuer` sent to `upstream` as a trusted proxy would send them. */
export function throughProxy(issuer: string, upstream: string): typeof fetch {
  return (input, init = {}) => {
    const url = String(input instanceof Request ? input.url : input);
    if (!url.startsWith(`${issuer}/`)) throw new Error(`${url} is not behind the proxy`);
    const headers = new Headers(init.headers);
    headers.set("x-forwarded-proto", "https");
    return fetch(upstream + url.slice(issuer.length), { ...init, headers });
  };
}

/** The proxy itself, for a real browser. @param upstream the plain address @returns once it listens on the port of localhost */
export async function serveTls(port: number, upstream: string): Promise<Server> {
  const server = createServer(certificate(), (incoming, outgoing) => {
    const headers = { ...incoming.headers, "x-forwarded-proto": "https" };
    const onwards = request(new URL(incoming.url ?? "/", upstream), { method: incoming.method ?? "GET", headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onwards.on("error", () => outgoing.destroy());
    incoming.pipe(onwards);
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return server;
}
