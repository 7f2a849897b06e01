import { expect } from "chai";
import * as oidc from "openid-client";
import { runCommand, ServerProcess } from "../../support/command.ts";
import { databaseKind } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";

describe("guestpass serve", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  /** @returns the lines it ended with instead of serving */
  async function refused(settings: Record<string, string>): Promise<string[]> {
    const { code, stdout, stderr } = await runCommand(["serve"], settings);
    expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: "" });
    return stderr.trimEnd().split("\n");
  }

  it("says in one line that the port is taken", async () => {
    const port = new URL(guestpass.issuer).port;
    const [line, ...others] = await refused(guestpass.settings);
    expect(line).to.equal(
      `Guestpass cannot listen on 127.0.0.1:${port} (EADDRINUSE). Set GUESTPASS_PORT to another port, and GUESTPASS_ISSUER to match.`,
    );
    expect(others).to.deep.equal([]);
  });

  it("says in one sentence that Node.js is too old", async () => {
    const older = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.17.1" } })';
    const lines = await refused({ ...guestpass.settings, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` });
    expect(lines).to.deep.equal(["Guestpass needs Node.js 22.18 or later; this is Node.js 22.17.1."]);
  });

  it("says in one line that the address to listen on is not one of the machine's", async () => {
    const lines = await refused({ ...guestpass.settings, GUESTPASS_HOST: "192.0.2.1" });
    expect(lines).to.deep.equal([
      "Guestpass cannot listen on 192.0.2.1 (EADDRNOTAVAIL). Set GUESTPASS_HOST to a network address of this machine, or to 0.0.0.0.",
    ]);
  });

  it("takes parts of a day, of a minute and of a second, and guests sign in", async () => {
    const other = await Guestpass.start({
      GUESTPASS_SESSION_DAYS: "0.3333",
      GUESTPASS_SESSION_ABSOLUTE_DAYS: "0.7777",
      GUESTPASS_REFRESH_TOKEN_DAYS: "0.3333",
      GUESTPASS_ACCESS_TOKEN_MINUTES: "0.3333",
      GUESTPASS_HEADERS_TIMEOUT_SECONDS: "9.9999",
      GUESTPASS_REQUEST_TIMEOUT_SECONDS: "29.9999",
    });
    try {
      const request = await other.authorizationRequest(await other.register("files"));
      const tokens = await other.redeem(request, await other.signIn(other.browser(), request, "ada@example.com"));
      expect(tokens.expires_in).to.equal(20);
      const refreshed = await oidc.refreshTokenGrant(request.config, String(tokens.refresh_token));
      expect(refreshed.expires_in).to.equal(20);
    } finally {
      await other.stop();
    }
  });

  it("names every setting that production lacks", async () => {
    const lines = await refused({ GUESTPASS_ISSUER: "https://guests.example.com" });
    expect(lines.map((line) => /GUESTPASS_\w+/.exec(line)?.[0]).filter(Boolean)).to.have.members([
      "GUESTPASS_SECRET",
      "GUESTPASS_SMTP_URL",
      "GUESTPASS_TRUSTED_PROXIES",
    ]);
  });

  it("refuses development mode where the world could reach it", async () => {
    const lines = await refused({ ...guestpass.settings, GUESTPASS_MODE: "development", GUESTPASS_ISSUER: "http://192.0.2.1:3000" });
    expect(lines.join()).to.match(/GUESTPASS_MODE=development shows every mailed code .* needs a loopback issuer/);
  });

  it("says in one line that the database was made under another master key", async () => {
    const [line, ...others] = await refused({ ...guestpass.settings, GUESTPASS_SECRET: "another secret that is long enough too" });
    expect(line).to.match(/^The database is written under another secret\. Set GUESTPASS_SECRET/);
    expect(others).to.deep.equal([]);
  });

  if (databaseKind === "sqlite") {
    it("says in one line that another server has the file, until that one is gone, however it went", async () => {
      const settings = { ...guestpass.settings, GUESTPASS_PORT: String(await freePort()) };
      const first = await ServerProcess.start(settings);
      const [line, ...others] = await refused({ ...settings, GUESTPASS_PORT: String(await freePort()) });
      expect(line).to.match(
        /^Another guestpass serve is already using .*test\.db, and SQLite is for one server\. Stop that one first, or set GUESTPASS_DATABASE_URL to a PostgreSQL/,
      );
      expect(others).to.deep.equal([]);
      await first.kill("SIGKILL");
      const second = await ServerProcess.start(settings);
      expect(await second.kill("SIGHUP")).to.include({ code: 0, signal: null });
    });
  }

  it("says for a while that it is not ready before it stops accepting connections, when it is told to stop", async () => {
    const port = String(await freePort());
    const running = await ServerProcess.start({ ...guestpass.settings, GUESTPASS_PORT: port, GUESTPASS_SHUTDOWN_DELAY_SECONDS: "4" });
    running.signal("SIGTERM");
    await running.logged("Guestpass stops");
    const probe = await fetch(`http://localhost:${port}/readyz`);
    expect(probe.status).to.equal(503);
    expect(
      (await fetch(`http://localhost:${port}/.well-known/openid-configuration`, { headers: { connection: "close" } })).status,
    ).to.be.lessThan(500);
    expect(await running.ended).to.include({ code: 0, signal: null });
  });

  if (databaseKind === "postgres") {
    it("says in one line, with what helps, that the database is not there or lets nobody in", async () => {
      const url = new URL(guestpass.database.url);
      url.pathname = "/nowhere";
      expect(await refused({ ...guestpass.settings, GUESTPASS_DATABASE_URL: url.href })).to.deep.equal([
        'The database refuses the connection: database "nowhere" does not exist. Create the database, or name another one in GUESTPASS_DATABASE_URL.',
      ]);
      url.pathname = new URL(guestpass.database.url).pathname;
      url.username = "nobody_at_all";
      const [line, ...others] = await refused({ ...guestpass.settings, GUESTPASS_DATABASE_URL: url.href });
      expect(line).to.match(
        /^The database refuses the connection: .*nobody_at_all.* Check the user and password in GUESTPASS_DATABASE_URL/,
      );
      expect(others).to.deep.equal([]);
    });

    it("says in one line that the schema is not there", async () => {
      const url = new URL(guestpass.database.url);
      url.searchParams.set("schema", "nowhere");
      const [line, ...others] = await refused({ ...guestpass.settings, GUESTPASS_DATABASE_URL: url.href });
      expect(line).to.match(/^The database has no schema nowhere, .* CREATE SCHEMA nowhere AUTHORIZATION/);
      expect(others).to.deep.equal([]);
    });
  }

  it("ends with a line in its log when an error is not handled", async () => {
    const port = String(await freePort());
    const reject = 'process.once("SIGUSR2", () => void Promise.reject(new Error("nobody handles this")))';
    const running = await ServerProcess.start({
      ...guestpass.settings,
      GUESTPASS_PORT: port,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(reject)}`,
    });
    const { code, stdout } = await running.kill("SIGUSR2");
    expect(code).to.equal(1);
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string);
    expect(last).to.deep.include({ level: 60, msg: "Guestpass cannot continue" });
    expect(last.err.message).to.equal("nobody handles this");
  });

  it("writes its log as JSON, a line each, from the first to the last", async () => {
    const port = String(await freePort());
    const running = await ServerProcess.start({ ...guestpass.settings, GUESTPASS_PORT: port });
    await fetch(`http://localhost:${port}/healthz`);
    const { code, stdout, stderr } = await running.kill("SIGTERM");
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ msg }) => msg)).to.deep.equal(["Guestpass listens", "request", "Guestpass stops"]);
    expect(lines[1]).to.include({ method: "GET", route: "/healthz", status: 200 });
    expect(lines[1].id).to.match(/^[0-9a-f-]{36}$/);
  });

  it("leaves nothing open in a process that continues without it", async () => {
    const open = () => process.getActiveResourcesInfo().filter((resource) => resource === "TCPServerWrap").length;
    const before = open();
    const refusal = await Guestpass.start({ GUESTPASS_PORT: new URL(guestpass.issuer).port }).catch((error: Error) => error.message);
    expect(refusal).to.match(/^Guestpass cannot listen on/);
    expect(open()).to.equal(before);
  });

  it("stops at once when it is interrupted and nothing is under way", async () => {
    const port = String(await freePort());
    const running = await ServerProcess.start({ ...guestpass.settings, GUESTPASS_PORT: port });
    expect(await running.kill("SIGINT")).to.include({ code: 0, signal: null });
    await eventually("the port is free", () =>
      fetch(`http://localhost:${port}/healthz`).then(
        () => false,
        () => true,
      ),
    );
  });
});
