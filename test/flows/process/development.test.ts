import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Cli } from "../../support/cli.ts";
import { runCommand, ServerProcess } from "../../support/command.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";
import { send } from "../../support/raw-http.ts";

const mailboxPath = "/development/mailbox";

describe("development mode", function () {
  this.timeout(60_000);
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

  it("has a mailbox of its own on a page that says so, from which a developer signs in", async () => {
    const application = await guestpass.register("files");
    const browser = guestpass.browser();
    const empty = await browser.open(guestpass.issuer + mailboxPath);
    expect(empty.text).to.contain("development mode only").and.to.contain("No mail yet.");

    const request = await guestpass.authorizationRequest(application);
    const page = await guestpass.askForCode(browser, request, "ada@example.com");
    let code = "";
    await eventually("the mail is on the page", async () => {
      const mailbox = await browser.open(guestpass.issuer + mailboxPath);
      code = /^(\d{6})$/m.exec(mailbox.document.querySelector("pre")?.text ?? "")?.[1] ?? "";
      return code !== "";
    });
    const mailbox = await browser.open(guestpass.issuer + mailboxPath);
    expect(mailbox.body).to.contain(`<a href="${page.url}#code=${code}">`);
    await new Cli(guestpass.settings, "mail").ok("test", "grace@example.com");
    const tested = await browser.open(guestpass.issuer + mailboxPath);
    expect(tested.body, "a link ends before what ends the sentence").to.contain(`(<a href="${guestpass.issuer}">`);
    const tokens = await guestpass.redeem(request, await browser.submit(page, "/passcode", { code }));
    expect(tokens.claims()?.sub).to.be.a("string");
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

  it("is the only mode with such a page", async () => {
    const production = await Guestpass.start();
    expect((await production.browser().open(production.issuer + mailboxPath)).status).to.equal(404);
    await production.stop();
  });
});
