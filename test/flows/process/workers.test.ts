import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { createTransport } from "nodemailer";
import { Running, runCommand } from "../../support/command.ts";
import { databaseKind } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { openSocket, send } from "../../support/raw-http.ts";

const token = "a-token-for-metrics-that-is-long-enough";

describe("guestpass serve --workers", function () {
  this.timeout(300_000);
  let other: Guestpass;
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let settings: Record<string, string>;

  let port: number;

  before(async () => {
    other = await Guestpass.start();
    port = await freePort();
    settings = { ...other.settings, GUESTPASS_PORT: String(port), GUESTPASS_ISSUER: `http://localhost:${port}` };
    application = await other.register("files");
    guestpass = other.at(settings["GUESTPASS_ISSUER"] as string);
  });
  after(() => other.stop());

  const refused = async () => {
    const { code, stdout, stderr } = await runCommand(["serve", "--workers", "2"], settings);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    return stderr;
  };

  if (databaseKind === "sqlite") {
    it("says why not on SQLite", async () => {
      expect(await refused()).to.equal(
        "SQLite is for one process, and --workers needs PostgreSQL. Set GUESTPASS_DATABASE_URL to a PostgreSQL database, or leave --workers out.\n",
      );
    });
    return;
  }

  let running: Running;
  let log: string;
  let bouncePort: number;

  beforeEach(async () => {
    bouncePort = await freePort();
    running = new Running(["serve", "--workers", "2"], {
      ...settings,
      GUESTPASS_METRICS_TOKEN: token,
      GUESTPASS_BOUNCE_DOMAIN: "bounce.idp.example",
      GUESTPASS_BOUNCE_HOST: "127.0.0.1",
      GUESTPASS_BOUNCE_PORT: String(bouncePort),
    });
    log = "";
    running.process.stdout?.on("data", (text: string) => (log += text));
    await listening(2);
  });
  afterEach(async () => {
    running.process.kill("SIGTERM");
    await running.ended;
  });

  /** Waits until so many workers have begun to listen. */
  const listening = (workers: number) => eventually("workers listen", () => log.split("Guestpass listens").length > workers, 40);

  const workers = async (): Promise<number[]> => {
    const children = await readFile(`/proc/${running.process.pid}/task/${running.process.pid}/children`, "utf8");
    return children.trim().split(" ").map(Number);
  };

  /** On a connection of its own, so that the workers answer in turn. */
  async function finishedSignIns(): Promise<number> {
    const { status, body } = await send(port, "/metrics", { headers: { host: "localhost", authorization: `Bearer ${token}` } });
    expect(status, body).to.equal(200);
    return Number(/^guestpass_sign_ins_total\{outcome="finished"\} (\d+)$/m.exec(body)?.[1] ?? 0);
  }

  async function signIn(address: string): Promise<void> {
    const request = await guestpass.authorizationRequest(application);
    await guestpass.redeem(request, await guestpass.signIn(guestpass.browser(), request, address));
  }

  it("adds up the metrics of all workers, whichever of them answers, and replaces one that was killed without losing what it counted", async () => {
    const guests = ["ada", "grace", "joan", "mary", "edith", "alan"].map((name) => `${name}@example.com`);
    await Promise.all(guests.map(signIn));
    for (let asked = 0; asked < 4; asked++) expect(await finishedSignIns()).to.equal(6);

    const [killed, spared] = (await workers()) as [number, number];
    process.kill(killed, "SIGKILL");
    await listening(3);
    const now = await workers();
    expect(now).to.have.length(2).and.include(spared).and.not.include(killed);
    for (let asked = 0; asked < 4; asked++) expect(await finishedSignIns()).to.equal(6);
    await signIn("after@example.com");
    for (let asked = 0; asked < 4; asked++) expect(await finishedSignIns()).to.equal(7);
  });

  it("replaces a worker that is told to stop, and guests come in all along", async () => {
    const [stopped] = (await workers()) as [number];
    process.kill(stopped, "SIGTERM");
    let replaced = false;
    const replacing = listening(3).then(() => (replaced = true));
    for (let guest = 0; !replaced; guest++) await signIn(`guest-${guest}@example.com`);
    await replacing;
    expect(await workers()).to.not.include(stopped);
  });

  it("receives bounces at one port", async () => {
    for (let sent = 0; sent < 4; sent++) {
      const smtp = createTransport({ host: "127.0.0.1", port: bouncePort, ignoreTLS: true });
      await smtp.sendMail({ envelope: { from: "", to: "postmaster@bounce.idp.example" }, text: "to a person" });
      smtp.close();
    }
  });

  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const)
    it(`on ${signal} lets the workers finish what is under way, and ends well after the last`, async () => {
      const begun = await Promise.all([beginToPost(), beginToPost()]);
      const before = await workers();
      running.process.kill(signal);
      await eventually("all workers stop", () => log.split("Guestpass stops").length > 2);
      for (const { finish, closed } of begun) {
        finish();
        expect(await closed).to.match(/HTTP\/1\.1 400/);
      }
      const { code, signal: by, stderr } = await running.ended;
      expect({ code, by, stderr }).to.deep.equal({ code: 0, by: null, stderr: "" });
      for (const pid of before) expect(() => process.kill(pid, 0)).to.throw("ESRCH");
      expect(log).to.not.contain("is replaced");
    });

  it("ends where its first worker cannot start, with that one's sentence", async () => {
    const { status } = await send(port, "/healthz", { headers: { host: "localhost" } });
    expect(status).to.equal(200);
    expect(await refused()).to.match(
      /^Guestpass cannot listen on .*\(EADDRINUSE\)\. Set GUESTPASS_PORT to another port, and GUESTPASS_ISSUER to match\.\n$/,
    );
  });

  /** A request of which a worker has the headers and not yet the body. */
  async function beginToPost(): Promise<{ finish: () => void; closed: Promise<string> }> {
    const { socket, closed } = openSocket(port);
    const started = new Promise((resolve) => socket.once("data", resolve));
    const head = ["POST /token HTTP/1.1", "Host: localhost", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 4"];
    socket.write(`${head.join("\r\n")}\r\nExpect: 100-continue\r\n\r\n`);
    await started;
    return { finish: () => socket.write("a=bc"), closed };
  }
});
