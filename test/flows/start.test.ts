import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
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
    expect(stdout.match(/http:\S+/g)).to.deep.equal([example(), mailbox(), guestpass()]);
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

  it("says in one line which port is taken", async () => {
    for (const port of Object.values(ports)) {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
      const { code, stdout, stderr } = await start().ended;
      await new Promise((resolve) => other.close(resolve));
      expect(code).to.equal(1);
      expect(stdout).to.equal("");
      expect(stderr)
        .to.match(/^[^\n]+\n$/)
        .and.contain(`127.0.0.1:${port} (EADDRINUSE)`);
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

  /** What a newcomer does: invites Ada as the page suggests, follows her link, types her code. */
  async function openedByAda(): Promise<Answer> {
    const owner = new Browser({ headers: { "sec-fetch-site": "same-origin" } });
    await owner.submit(await owner.open(example()), "/files/welcome/people");
    const browser = new Browser();
    const asked = await browser.open(await inMailbox(/href="(http\S+\/invitations\/\S+)"/));
    const sent = await browser.submit(asked, "/email");
    return browser.submit(sent, "/passcode", { code: await inMailbox(/^(\d{6})$/m) });
  }

  /** What the pattern captures on the page, which shows the newest mail first; it is read again until it is there. */
  async function inMailbox(pattern: RegExp): Promise<string> {
    let found: string | undefined;
    await eventually("the mail", async () => {
      found = pattern.exec((await new Browser().open(mailbox())).body)?.[1];
      return found !== undefined;
    });
    return found as string;
  }
});
