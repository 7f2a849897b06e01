// What a request says of itself (Host, X-Forwarded-*) is believed from a trusted proxy alone, and never shows up in an answer or a mail.
import { expect } from "chai";
import { parse } from "node-html-parser";
import { freePort, Guestpass } from "../../support/guestpass.ts";
import { type RawAnswer, send } from "../../support/raw-http.ts";

const spoofed = {
  host: "evil.example",
  "x-forwarded-host": "evil.example",
  "x-forwarded-proto": "https",
  "x-forwarded-for": "198.51.100.66",
  "x-forwarded-port": "666",
  "x-original-url": "/evil.example",
  forwarded: "for=198.51.100.66;host=evil.example;proto=https",
};
const authorize =
  "/auth?client_id=files&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&state=s" +
  "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

describe("a request with a forged host", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
    await guestpass.register("files");
  });
  after(() => guestpass.stop());

  const ask = (path: string, init: Parameters<typeof send>[2] = {}) =>
    send(guestpass.server.port, path, { ...init, headers: { ...spoofed, ...init.headers } });
  const namesNothingMadeUp = (answer: RawAnswer, path: string) => {
    const all = JSON.stringify(answer.headers) + answer.body;
    expect(all, path).not.to.match(/evil\.example|198\.51\.100|:666/);
    return answer;
  };
  const cookiesOf = ({ headers }: RawAnswer) => (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ");

  it("gets the issuer's own addresses in every answer", async () => {
    const discovery = namesNothingMadeUp(await ask("/.well-known/openid-configuration"), "discovery");
    const document = JSON.parse(discovery.body) as Record<string, unknown>;
    const urls = Object.entries(document).filter(([name]) => name === "issuer" || name.endsWith("_endpoint") || name === "jwks_uri");
    expect(urls.length).to.be.greaterThan(6);
    for (const [name, url] of urls) expect(new URL(url as string).origin, name).to.equal(guestpass.issuer);
    for (const path of ["/jwks", "/healthz", "/nowhere", "/auth", "/me", "/session/end", "/session/end/success", "/interaction/none"]) {
      namesNothingMadeUp(await ask(path), path);
    }
  });

  it("signs in like any other, and the mail leads to the issuer", async () => {
    const started = namesNothingMadeUp(await ask(authorize), "authorization");
    expect(started.status).to.equal(303);
    expect(started.headers["set-cookie"]?.join()).not.to.match(/secure|domain/i);
    const cookie = cookiesOf(started);
    const path = new URL(started.headers.location as string, guestpass.issuer).pathname;
    const page = namesNothingMadeUp(await ask(path, { headers: { cookie } }), "email screen");
    const token = parse(page.body).querySelector("input[name=token]")?.getAttribute("value") as string;
    const form = (fields: Record<string, string>) => ({
      method: "POST",
      headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ token, ...fields }).toString(),
    });
    namesNothingMadeUp(await ask(`${path}/email`, form({ email: "ada@example.com" })), "email");
    const code = await guestpass.mail.code("ada@example.com");
    const [mail] = guestpass.mail.to("ada@example.com");
    expect(mail?.raw).not.to.contain("evil.example");
    expect(mail?.parsed.text).to.contain(`${guestpass.issuer}${path}#code=${code}`);
    const finished = namesNothingMadeUp(await ask(`${path}/passcode`, form({ code })), "passcode");
    expect(new URL(finished.headers.location as string, guestpass.issuer).origin).to.equal(guestpass.issuer);
    const back = namesNothingMadeUp(await ask(new URL(finished.headers.location as string).pathname, { headers: { cookie } }), "resume");
    expect(new URL(back.headers.location as string).searchParams.get("iss")).to.equal(guestpass.issuer);
  });
});

describe("an https issuer", () => {
  let guestpass: Guestpass;

  before(async () => {
    // The peer of these requests is 127.0.0.1, so nobody who asks is the proxy.
    guestpass = await Guestpass.start({ GUESTPASS_ISSUER: "https://idp.example", GUESTPASS_TRUSTED_PROXIES: "192.0.2.1" });
  });
  after(() => guestpass.stop());

  it("is not served to a client that bypasses its proxy, whatever they say of themselves", async () => {
    for (const headers of [{}, { "x-forwarded-proto": "https" }, spoofed, { forwarded: "proto=https" }]) {
      for (const path of ["/.well-known/openid-configuration", "/auth", "/interaction/none", "/assets/none.css", "/nowhere"]) {
        const answer = await send(guestpass.server.port, path, { headers });
        expect(answer.status, path).to.equal(421);
        expect(answer.headers["set-cookie"], path).to.equal(undefined);
        expect(answer.headers["content-security-policy"], path).to.contain("default-src 'none'");
        expect(answer.headers["strict-transport-security"], path).to.equal("max-age=63072000");
      }
    }
  });

  it("answers probes of its health, which speak to the process itself", async () => {
    for (const path of ["/healthz", "/readyz"]) expect((await send(guestpass.server.port, path)).status, path).to.equal(200);
  });
});

describe("an https issuer behind its trusted proxy", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ISSUER: "https://idp.example", GUESTPASS_TRUSTED_PROXIES: "127.0.0.0/8" });
  });
  after(() => guestpass.stop());

  it("is not reached over plain http through it", async () => {
    for (const headers of [
      {},
      { "x-forwarded-proto": "http" },
      { "x-forwarded-proto": "http, https" },
      { "x-forwarded-proto": "HTTPS:" },
    ]) {
      expect((await send(guestpass.server.port, "/auth", { headers })).status, JSON.stringify(headers)).to.equal(421);
    }
  });

  it("names itself as configured whatever host the proxy passes on", async () => {
    const { status, body } = await send(guestpass.server.port, "/.well-known/openid-configuration", { headers: spoofed });
    expect(status).to.equal(200);
    expect(body).to.contain("https://idp.example/token").and.not.to.contain("evil");
  });
});

describe("the development mailbox", () => {
  let guestpass: Guestpass;

  afterEach(() => guestpass.stop());

  it("is shown to the machine it runs on, not to a site whose name was pointed at it", async () => {
    guestpass = await Guestpass.start({ GUESTPASS_MODE: "development", GUESTPASS_DEVELOPMENT_SMTP_PORT: String(await freePort()) });
    const { port } = guestpass.server;
    const own = await send(port, "/development/mailbox", { headers: { host: `localhost:${port}` } });
    expect(own.status).to.equal(200);
    for (const host of [`evil.example:${port}`, "evil.example", "localhost", `127.0.0.1:${port}`]) {
      const answer = await send(port, "/development/mailbox", { headers: { ...spoofed, host, "x-forwarded-host": `localhost:${port}` } });
      expect(answer.status, host).to.equal(403);
    }
  });

  it("is not there in production", async () => {
    guestpass = await Guestpass.start();
    const { port } = guestpass.server;
    expect((await send(port, "/development/mailbox", { headers: { host: `localhost:${port}` } })).status).to.equal(404);
  });
});
