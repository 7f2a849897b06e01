// Clients that send slowly, or nothing, do not hold the process (RFC 9110, 15.5.9).
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { promisify } from "node:util";
import { expect } from "chai";
import Koa from "koa";
import { closeSlowReaders } from "../../../src/http/slow-readers.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { openSocket, send } from "../../support/raw-http.ts";

describe("a client that takes its time", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_HEADERS_TIMEOUT_SECONDS: "0.3", GUESTPASS_REQUEST_TIMEOUT_SECONDS: "0.6" });
    await guestpass.register("files");
  });
  after(() => guestpass.stop());

  /** Sends the first bytes at once, then one piece after another until the server closes. */
  async function drip(first: string, piece: string): Promise<string> {
    const { socket, closed } = openSocket(guestpass.server.port);
    socket.write(first);
    const dripping = piece === "" ? undefined : setInterval(() => socket.write(piece), 20);
    try {
      return await closed;
    } finally {
      clearInterval(dripping);
    }
  }

  it("with its first byte is cut off", async () => {
    expect(await drip("", "")).to.match(/^$|^HTTP\/1\.1 408 /);
  });

  it("with its headers is cut off, though each one comes soon after the last", async () => {
    expect(await drip("GET /healthz HTTP/1.1\r\nHost: localhost\r\n", "X: a\r\n")).to.match(/^HTTP\/1\.1 408 /);
    expect(await drip("GET /", "a")).to.match(/^HTTP\/1\.1 408 /);
  });

  it("with its body is cut off, of a known length or without one", async () => {
    const head = "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    expect(await drip(`${head}Content-Length: 5000\r\n\r\n`, "a")).to.match(/^HTTP\/1\.1 408 /);
    expect(await drip(`${head}Transfer-Encoding: chunked\r\n\r\n`, "1\r\na\r\n")).to.match(/^HTTP\/1\.1 408 /);
  });

  it("keeps nobody else waiting, not even with two hundred connections", async () => {
    const slow = Array.from({ length: 200 }, () => openSocket(guestpass.server.port));
    for (const { socket } of slow) socket.write("POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n");
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(guestpass.server.port, "/readyz")));
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(20).fill(200));
    for (const { closed } of slow) expect(await closed).to.match(/^HTTP\/1\.1 408 /);
  });
});

describe("a client that does not read its answers", () => {
  /** Megabytes: more than the operating system takes off a process's hands. */
  const sizes = { "is handed over at once": 142 / 1024, "stays where it is": 16 };
  for (const [fate, megabytes] of Object.entries(sizes)) {
    it(`holds no connection, where the answer ${fate}`, async () => {
      const app = new Koa().use(closeSlowReaders(0.3)).use((ctx) => {
        ctx.body = "a".repeat(megabytes * 1024 * 1024);
      });
      const server = createServer(app.callback());
      await once(server.listen(0, "127.0.0.1"), "listening");
      const { port } = server.address() as AddressInfo;
      const silent = Array.from({ length: 20 }, () =>
        connect(port, "127.0.0.1")
          .on("error", () => undefined)
          .pause(),
      );
      try {
        for (const socket of silent) socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await Promise.all(silent.map((socket) => once(socket, "ready")));
        const connections = promisify((done: (error: Error | null, count: number) => void) => server.getConnections(done));
        await eventually("all are closed", async () => (await connections()) === 0);
      } finally {
        for (const socket of silent) socket.destroy();
        server.close();
      }
    });
  }

  it("nor does one whose answer comes from Guestpass", async () => {
    const guestpass = await Guestpass.start();
    try {
      const large = await send(guestpass.server.port, "/admin/openapi.json", { headers: { connection: "keep-alive" } });
      const small = await send(guestpass.server.port, "/healthz", { headers: { connection: "keep-alive" } });
      expect([large.headers.connection, small.headers.connection]).to.deep.equal(["close", "keep-alive"]);
    } finally {
      await guestpass.stop();
    }
  });
});
