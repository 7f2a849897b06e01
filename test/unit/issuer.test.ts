import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import Koa from "koa";
import { fromIssuer } from "../../src/http/issuer.ts";
import { send } from "../support/raw-http.ts";

describe("the source of a request", () => {
  /** What a handler sees of a request with these headers. */
  async function seen(trustedProxies: string[], headers: Record<string, string>): Promise<Record<string, unknown>> {
    const app = new Koa();
    app.proxy = true;
    app.use(fromIssuer({ issuer: "https://idp.example", trustedProxies, inside: () => false, open: ["/"] }));
    app.use((ctx) => {
      ctx.body = { ip: ctx.ip, host: ctx.host, protocol: ctx.protocol };
    });
    const server = createServer(app.callback()).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      return JSON.parse((await send((server.address() as AddressInfo).port, "/", { headers })).body);
    } finally {
      server.close();
    }
  }
  const spoofed = { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-for": "198.51.100.1, 203.0.113.9" };

  it("is its peer, where no proxy is trusted", async () => {
    expect(await seen([], spoofed)).to.deep.equal({ ip: "127.0.0.1", host: "idp.example", protocol: "https" });
  });

  it("is the last address that a trusted proxy did not write itself; what the client wrote before it counts for nothing", async () => {
    expect(await seen(["127.0.0.1"], spoofed)).to.deep.equal({ ip: "203.0.113.9", host: "idp.example", protocol: "https" });
    expect(await seen(["127.0.0.1", "203.0.113.0/24"], spoofed)).to.include({ ip: "198.51.100.1" });
  });

  it("is a trusted proxy itself, where that says nothing", async () => {
    expect(await seen(["127.0.0.1"], {})).to.include({ ip: "127.0.0.1" });
  });
});
