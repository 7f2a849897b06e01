import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type Answer, Browser } from "../support/browser.ts";
import { Running } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/guestpass.ts";

const script = fileURLToPath(new URL("../../examples/start.ts", import.meta.url));

describe("npm start", () => {
  const started: Running[] = [];
  let directory: string;
  let ports: { guestpass: number; mailbox: number; example: number };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "guestpass-start-"));
    ports = { guestpass: await freePort(), mailbox: await freePort(), example: await freePort() };
  });
  afterEach(() => {
    for (const { process } of started.splice(0)) process.kill("SIGKILL");
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("prints where everything is, lets a newcomer sign in with what it printed, and stops when asked to", async () => {
    const running = start();
    await running.printed("Ctrl-C stops everything");
    expect((await openedByAda()).title).to.equal("Welcome.txt");
    running.process.kill("SIGTERM");
    const { code, stdout, stderr } = await running.ended;
    expect(code).to.equal(0);
    expect(stderr).to.equal("");
    const [entrance = "", ...others] = (stdout.match(/http:\S+/g) ?? []).reverse();
    expect(others.reverse()).to.deep.equal([`${example()}/try`, example(), mailbox(), guestpass()]);
    expect(entrance).to.match(new RegExp(`^${guestpass()}/console/enrol#[\\w-]{43}$`));
  });

  it("has the button of the tour that lets 14 days pass, after which Ada proves her mailbox again", async () => {
    const running = start();
    await running.printed("Ctrl-C stops everything");
    const ada = new Browser();
    const { url } = await openedByAda({ ada, agreed: true });
    const owner = new Browser({ headers: { "sec-fetch-site": "same-origin" } });
    await owner.submit(await owner.open(`${example()}/try`), "/try/later");
    expect((await owner.open(`${example()}/try`)).text).to.contain("14 days ahead");
    const due = await ada.open(url);
    expect(due.title).to.equal("Please confirm your mailbox");
    const before = await inMailbox(/code/i, /^(\d{6})$/m);
    const asked = await ada.submit(due, "/confirm");
    let code = before;
    await eventually("the new code", async () => (code = await inMailbox(/code/i, /^(\d{6})$/m)) !== before, 60);
    expect((await ada.submit(asked, "/passcode", { code })).title).to.equal("Welcome.txt");
  });

  it("keeps the client's secret, for its owner's eyes only, and takes up where it was", async () => {
    const kept = await readFile(secretFile(), "utf8");
    expect((await stat(secretFile())).mode & 0o777).to.equal(0o600);
    const running = start();
    await running.printed("Ctrl-C stops everything");
    expect(await readFile(secretFile(), "utf8")).to.equal(kept);
    running.process.kill("SIGINT");
    expect((await running.ended).code).to.equal(0);
  });

  it("registers the example anew where its secret or its address changed", async () => {
    await rm(secretFile());
    ports.example = await freePort();
    const running = start();
    await running.printed("Ctrl-C stops everything");
    expect((await openedByAda()).title).to.equal("Welcome.txt");
    running.process.kill("SIGTERM");
    await running.ended;
  });

  it("names every port that is taken, each in a line with the setting that changes it", async () => {
    const settings = {
      [ports.guestpass]: "GUESTPASS_PORT",
      [ports.mailbox]: "GUESTPASS_DEVELOPMENT_SMTP_PORT",
      [ports.example]: "APP_URL",
    };
    for (const taken of [Object.values(ports), [ports.example]]) {
      const others = await Promise.all(taken.map(occupy));
      const { code, stdout, stderr } = await start().ended;
      await Promise.all(others.map((other) => new Promise((resolve) => other.close(resolve))));
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      expect(stderr.trim().split("\n")).to.have.length(taken.length);
      for (const port of taken)
        expect(stderr).to.match(new RegExp(`^.* 127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\)\\. Set ${settings[port]} to .+$`, "m"));
    }
  });

  it("is for this machine only: an issuer that others can reach is refused", async () => {
    const { code, stderr } = await start({ GUESTPASS_ISSUER: "https://guests.example.com" }).ended;
    expect(code).to.equal(1);
    expect(stderr).to.contain("needs a loopback issuer");
  });

  const guestpass = () => `http://localhost:${ports.guestpass}`;
  const mailbox = () => `${guestpass()}/development/mailbox`;
  const example = () => `http://localhost:${ports.example}`;
  const secretFile = () => join(directory, "file-share.json");

  function occupy(port: number): Promise<Server> {
    return new Promise((resolve) => {
      const other = createServer().listen(port, "127.0.0.1", () => resolve(other));
    });
  }

  function start(settings: Record<string, string> = {}): Running {
    const environment = {
      GUESTPASS_DATA_DIR: directory,
      GUESTPASS_ISSUER: guestpass(),
      GUESTPASS_DEVELOPMENT_SMTP_PORT: String(ports.mailbox),
      APP_URL: example(),
      ...settings,
    };
    const running = new Running([], environment, script);
    started.push(running);
    return running;
  }

  /**
   * What a newcomer does: invites Ada as the page suggests, follows her link, types her code, and lets the application know who she is.
   * @param agreed whether she let it know before
   */
  async function openedByAda({ ada: browser = new Browser(), agreed = false } = {}): Promise<Answer> {
    const owner = new Browser({ headers: { "sec-fetch-site": "same-origin" } });
    const invited = await owner.submit(await owner.open(example()), "/files/welcome/people");
    expect(invited.text).to.match(/has (not )?signed in/);
    const asked = await browser.open(await inMailbox(/invites you/, /href="(http\S+\/invitations\/\S+)"/));
    const sent = await browser.submit(asked, "/email");
    const consent = await browser.submit(sent, "/passcode", { code: await inMailbox(/code/i, /^(\d{6})$/m), keep: "yes" });
    if (agreed) return consent;
    expect(consent.title).to.equal("File share asks to know who you are");
    return browser.submit(consent, "/consent");
  }

  /** What the pattern captures in the newest mail whose subject fits, once it is there. */
  async function inMailbox(subject: RegExp, pattern: RegExp): Promise<string> {
    const browser = new Browser();
    let found: string | undefined;
    await eventually(
      "the mail",
      async () => {
        const { document } = await browser.open(`${mailbox()}?to=ada@example.com`);
        const link = document.querySelector(".mails a");
        if (!link || !subject.test(link.text)) return false;
        found = pattern.exec((await browser.open(guestpass() + link.getAttribute("href"))).body)?.[1];
        return found !== undefined;
      },
      60,
    );
    return found as string;
  }
});
