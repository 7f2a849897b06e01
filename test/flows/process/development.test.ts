import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { Cli } from "../../support/cli.ts";
import { runCommand, ServerProcess } from "../../support/command.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";
import { send } from "../../support/raw-http.ts";

const mailboxPath = "/development/mailbox";

describe("development mode", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let smtpPort: string;

  before(async () => {
    smtpPort = String(await freePort());
    guestpass = await Guestpass.start({
      GUESTPASS_MODE: "development",
      GUESTPASS_SMTP_URL: "",
      GUESTPASS_DEVELOPMENT_SMTP_PORT: smtpPort,
    });
  });
  after(() => guestpass.stop());

  const port = () => Number(new URL(guestpass.issuer).port);

  /** Opens the newest mail to the address, once there is one. */
  async function newestMail(browser: Browser, to: string): Promise<Answer> {
    const list = `${guestpass.issuer}${mailboxPath}?${new URLSearchParams({ to })}`;
    let link: string | undefined;
    await eventually("the mail is on the page", async () => {
      link = (await browser.open(list)).document.querySelector(".mails a")?.getAttribute("href");
      return link !== undefined;
    });
    return browser.open(guestpass.issuer + link);
  }

  it("has a mailbox of its own on a page that says so, from which a developer signs in", async () => {
    const application = await guestpass.register("files");
    const browser = guestpass.browser();
    const empty = await browser.open(guestpass.issuer + mailboxPath);
    expect(empty.text).to.contain("development mode only").and.to.contain("No mail yet.");

    const request = await guestpass.authorizationRequest(application);
    const page = await guestpass.askForCode(browser, request, "ada@example.com");
    const mail = await newestMail(browser, "ada@example.com");
    const code = mail.document.querySelector(".code")?.text ?? "";
    expect(mail.document.querySelector("pre")?.text.split("\n")).to.include(code);
    expect(mail.body).to.contain(`<a href="${page.url}#code=${code}">`);
    const tokens = await guestpass.redeem(request, await browser.submit(page, "/passcode", { code }));
    expect(tokens.claims()?.sub).to.be.a("string");
  });

  it("lists the mails of its mailbox, the newest first, each in a line with its code, and finds them by a part of the address", async () => {
    const browser = guestpass.browser();
    const mail = new Cli(guestpass.settings, "mail");
    for (const address of ["Grace@one.example", "joan@two.example"]) {
      await mail.ok("test", address);
      await newestMail(browser, address);
    }
    const listed = async (search: string) =>
      (await browser.open(`${guestpass.issuer}${mailboxPath}?to=${search}`)).document
        .querySelectorAll(".mails bdi")
        .map(({ text }) => text);
    expect((await listed("")).slice(0, 2)).to.deep.equal(["joan@two.example", "Grace@one.example"]);
    expect(await listed("grace@")).to.deep.equal(["Grace@one.example"]);
    expect(await listed("nobody@")).to.deep.equal([]);
    const page = await newestMail(browser, "Grace@one.example");
    expect(page.body, "a link ends before what ends the sentence").to.contain(`(<a href="${guestpass.issuer}">`);
  });

  it("shows a mail as guests see it, in a frame in which nothing runs and nothing is fetched", async () => {
    const browser = guestpass.browser();
    const application = await guestpass.register("framed");
    await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "framed@example.com");
    const page = await newestMail(browser, "framed@example.com");
    const frame = page.document.querySelector("iframe");
    expect(page.headers.get("content-security-policy")).to.contain("frame-src 'self'");
    expect(frame?.getAttribute("sandbox")).to.equal("allow-top-navigation-by-user-activation");
    const framed = await browser.open(new URL(frame?.getAttribute("src") ?? "", page.url).href);
    expect(framed.body).to.contain(page.document.querySelector(".code")?.text).and.to.contain('<base target="_top">');
    const policy = framed.headers.get("content-security-policy") ?? "";
    expect(policy)
      .to.match(/^default-src 'none';/)
      .and.to.match(/;sandbox allow-top-navigation-by-user-activation/);
    expect(policy).to.not.contain("script");
    expect(framed.headers.get("x-frame-options")).to.equal("SAMEORIGIN");
    const elsewhere = await send(port(), new URL(framed.url).pathname, { headers: { host: `evil.example:${port()}` } });
    expect(elsewhere.status).to.equal(403);
  });

  it("shows the mailbox under the issuer's own name only: a site whose name was pointed here reads nothing", async () => {
    for (const host of ["evil.example", `evil.example:${port()}`, `127.0.0.1:${port()}`, `localhost:${port()}.evil.example`]) {
      const answer = await send(port(), mailboxPath, { headers: { host, "x-forwarded-host": new URL(guestpass.issuer).host } });
      expect(answer.status, host).to.equal(403);
      expect(answer.body).to.not.match(/<pre|ada@example\.com/);
    }
  });

  it("says in one line that the port of its mailbox is taken", async () => {
    const settings = { ...guestpass.settings, GUESTPASS_PORT: String(await freePort()) };
    const { code, stdout, stderr } = await runCommand(["serve"], settings);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr).to.equal(
      `The development mailbox cannot listen on 127.0.0.1:${smtpPort} (EADDRINUSE). Set GUESTPASS_DEVELOPMENT_SMTP_PORT to another port.\n`,
    );
  });

  it("needs no setting but a free port: the secret is kept in a file, and the keys stay the same from start to start", async () => {
    const directory = await mkdtemp(join(tmpdir(), "guestpass-development-"));
    const issuer = `http://localhost:${await freePort()}`;
    const settings = { GUESTPASS_ISSUER: issuer, GUESTPASS_DATA_DIR: directory, GUESTPASS_DEVELOPMENT_SMTP_PORT: String(await freePort()) };
    const keys = [];
    for (let start = 1; start <= 2; start++) {
      const running = await ServerProcess.start(settings);
      keys.push(await (await fetch(`${issuer}/jwks`)).text());
      expect(await running.kill("SIGTERM")).to.include({ code: 0 });
    }
    expect(keys[0]).to.contain('"kid"');
    expect(keys[1]).to.equal(keys[0]);
    expect((await stat(join(directory, "secret"))).mode & 0o777).to.equal(0o600);
    await rm(directory, { recursive: true });
  });

  it("is the only mode with this page", async () => {
    const production = await Guestpass.start();
    expect((await production.browser().open(production.issuer + mailboxPath)).status).to.equal(404);
    await production.stop();
  });
});
