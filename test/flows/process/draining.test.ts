import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { expect } from "chai";
import type { Reply } from "../../../src/testing/mail-server.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { type Ended, ServerProcess } from "../../support/command.ts";
import { databaseKind } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { openSocket } from "../../support/raw-http.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";

describe("a process that is told to stop", function () {
  this.timeout(300_000);
  let other: Guestpass;
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let settings: Record<string, string>;
  let port: number;
  let running: ServerProcess;

  before(async () => {
    other = await Guestpass.start();
    application = await other.register("files");
    port = await freePort();
    settings = { ...other.settings, GUESTPASS_PORT: String(port), GUESTPASS_ISSUER: `http://localhost:${port}` };
    guestpass = other.at(settings["GUESTPASS_ISSUER"] as string);
  });
  after(() => other.stop());

  beforeEach(async () => {
    running = await ServerProcess.start(settings);
  });
  afterEach(async () => {
    other.mail.answer = () => undefined;
    await running.kill("SIGKILL");
  });

  async function stop(): Promise<void> {
    running.signal("SIGTERM");
    await running.logged("Guestpass stops");
  }

  /** It has to be gone within 10 s; the rest is for a machine that is busy. Without the limits of its own it would take 30 s and more. */
  async function expectGone(): Promise<void> {
    let ended: Ended | undefined;
    void running.ended.then((how) => (ended = how));
    await eventually("the process has ended", () => ended !== undefined, 25);
    expect(ended).to.include({ code: 0, signal: null, stderr: "" });
  }

  /** Stalls the mail server. @returns what says whether it was asked, and lets it go on */
  function stallMail(): { asked: () => boolean; release: () => void } {
    let release: ((reply: Reply) => void) | undefined;
    other.mail.answer = () => new Promise<Reply>((resolve) => (release = resolve));
    return { asked: () => release !== undefined, release: () => release?.(undefined) };
  }

  async function openForm(): Promise<{ browser: Browser; form: Answer }> {
    const browser = guestpass.browser();
    return { browser, form: await browser.open((await guestpass.authorizationRequest(application)).url) };
  }

  /** The form with the address, of which the server has the headers and not yet the body. */
  async function beginToSubmit(browser: Browser, form: Answer, address: string): Promise<{ sent: ClientRequest; body: string }> {
    const token = form.document.querySelector("input[name=token]")?.getAttribute("value") as string;
    const body = new URLSearchParams({ token, email: address }).toString();
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(body.length),
      cookie: await browser.jar.getCookieString(form.url),
      expect: "100-continue",
    };
    const sent = httpRequest(`${form.url}/email`, { method: "POST", headers });
    await new Promise((resolve, reject) => sent.once("continue", resolve).once("error", reject).flushHeaders());
    return { sent, body };
  }

  it("finishes the request under way, takes no new ones, sends the mail under way, and ends well", async () => {
    const { browser, form } = await openForm();
    const { sent, body } = await beginToSubmit(browser, form, "ada@example.com");
    const mail = stallMail();
    await stop();
    await eventually("no new requests are taken", () =>
      fetch(`${guestpass.issuer}/healthz`).then(
        () => false,
        () => true,
      ),
    );
    const answer = new Promise<IncomingMessage>((resolve, reject) => sent.once("response", resolve).once("error", reject));
    sent.end(body);
    expect((await answer).statusCode).to.equal(303);
    await eventually("the mail is under way", mail.asked);
    mail.release();
    await expectGone();
    expect(other.mail.to("ada@example.com")).to.have.length(1);
    expect(await other.server.app.db("outbox").where({ recipient: "ada@example.com" }).pluck("state")).to.deep.equal(["sent"]);
  });

  it("does not wait for a mail server that stalls: another process sends the mail soon", async () => {
    const { browser, form } = await openForm();
    const mail = stallMail();
    await browser.post(form, "/email", { email: "stalled@example.com" });
    await eventually("the mail is under way", mail.asked);
    await stop();
    await expectGone();
    other.mail.answer = () => undefined;
    other.clock.advance({ seconds: 3 });
    expect(await other.mail.code("stalled@example.com")).to.match(/^\d{6}$/);
  });

  if (databaseKind === "postgres") {
    it("does not wait for a database that hangs", async () => {
      const url = new URL(other.database.url);
      const proxy = new TcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
      const place = await proxy.open();
      url.host = `127.0.0.1:${place}`;
      const hung = await ServerProcess.start({ ...settings, GUESTPASS_PORT: String(await freePort()), GUESTPASS_DATABASE_URL: url.href });
      proxy.freeze();
      const { code, stdout } = await hung.kill("SIGTERM");
      expect(code).to.equal(1);
      expect(stdout).to.contain("something that Guestpass is waiting for does not answer");
      await proxy.cut();
    });
  }

  /** A request on a connection that its client keeps open, of which the server has the headers and not yet the body. */
  async function beginToPost(): Promise<{ finish: (then: string) => void; closed: Promise<string> }> {
    const { socket, closed } = openSocket(port);
    const started = new Promise((resolve) => socket.once("data", resolve));
    const head = ["POST /token HTTP/1.1", "Host: localhost", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 4"];
    socket.write(`${head.join("\r\n")}\r\nExpect: 100-continue\r\n\r\n`);
    await started;
    return { finish: (then) => socket.write(`a=bc${then}`), closed };
  }

  const statuses = (answers: string) => [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);

  it("does not wait for a client that stalls", async () => {
    const { closed } = await beginToPost();
    await stop();
    await expectGone();
    expect(statuses(await closed)).to.deep.equal(["100"]);
  });

  it("closes a connection once its request is answered, and lets the others finish", async () => {
    const [first, second] = [await beginToPost(), await beginToPost()];
    await stop();
    first.finish("");
    expect(statuses(await first.closed)).to.deep.equal(["100", "400"]);
    second.finish("");
    expect(statuses(await second.closed)).to.deep.equal(["100", "400"]);
    await expectGone();
  });

  it("counts an interrupt that comes twice, from the terminal and from npm, for one", async () => {
    const { finish, closed } = await beginToPost();
    running.signal("SIGINT");
    await running.logged("Guestpass stops");
    running.signal("SIGINT");
    finish("");
    expect(statuses(await closed)).to.deep.equal(["100", "400"]);
    await expectGone();
  });

  it("waits no longer when it is interrupted once more", async () => {
    await beginToPost();
    let over = false;
    void running.ended.then(() => (over = true));
    await eventually("it is gone", () => {
      running.signal("SIGINT");
      return over;
    });
    expect(await running.ended).to.include({ code: 130, signal: null });
  });

  it("says that it is not ready on connections that are still open", async () => {
    const { finish, closed } = await beginToPost();
    await stop();
    finish("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(statuses(await closed)).to.deep.equal(["100", "400", "503"]);
    await expectGone();
  });
});
