// The last release and this version: side by side on one PostgreSQL, one after the other on one SQLite.
import { expect } from "chai";
import * as oidc from "openid-client";
import { MailServer } from "../../src/testing/mail-server.ts";
import { Balancer } from "../support/balancer.ts";
import { runCommand, ServerProcess } from "../support/command.ts";
import { createDatabase, databaseKind, type TestDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { freePort, Guestpass, type RegisteredApplication, redirectUri } from "../support/guestpass.ts";
import { type Release, unpackLastRelease } from "../support/last-release.ts";

/** How many guests sign in at the least while both versions serve. */
const atLeast = 6;

describe("an upgrade from the last release", function () {
  this.timeout(180_000);
  let release: Release;
  let database: TestDatabase;
  let mail: MailServer;
  let port: number;
  let settings: Record<string, string>;
  /** The service, whichever version serves it. */
  let service: Guestpass;

  before(() => {
    release = unpackLastRelease();
  });
  after(() => release.remove());

  beforeEach(async () => {
    database = await createDatabase();
    mail = await new MailServer().start();
    port = await freePort();
    const issuer = `http://localhost:${port}`;
    settings = {
      GUESTPASS_MODE: "production",
      GUESTPASS_ISSUER: issuer,
      GUESTPASS_HOST: "127.0.0.1",
      GUESTPASS_PORT: String(port),
      GUESTPASS_SECRET: "a secret of the tests that is long enough",
      GUESTPASS_DATABASE_URL: database.url,
      GUESTPASS_SMTP_URL: mail.url,
      GUESTPASS_MAIL_FROM: "Guest access <guests@idp.example>",
      GUESTPASS_LIMIT_CODES_PER_NETWORK: "10000/1m",
    };
    service = Object.assign(Object.create(Guestpass.prototype) as Guestpass, { mail, issuer });
  });
  afterEach(async () => {
    await mail.stop();
    await database.remove();
  });

  /** By the command line of the last release, or of this version. */
  async function addApplication(script?: string): Promise<RegisteredApplication> {
    const args = [
      "app",
      "add",
      "Files",
      "--id",
      "files",
      "--redirect-uri",
      redirectUri,
      "--admission",
      "anyone",
      "--first-party",
      "--json",
    ];
    const { stdout, stderr } = await runCommand(args, settings, script);
    expect(stderr).to.equal("");
    const secret = (JSON.parse(stdout) as { client_secret: string }).client_secret;
    return { clientId: "files", secret, metadata: { token_endpoint_auth_method: "client_secret_basic" } } as RegisteredApplication;
  }

  async function signIn(application: RegisteredApplication, address: string): Promise<void> {
    const request = await service.authorizationRequest(application);
    const tokens = await service.redeem(request, await service.signIn(service.browser(), request, address));
    const { email } = await oidc.fetchUserInfo(request.config, tokens.access_token, tokens.claims()?.sub as string);
    expect(email).to.equal(address);
  }

  if (databaseKind === "postgres") {
    for (const first of ["old", "new"]) {
      it(`lets every guest in while both serve one database, the ${first} version started first`, async () => {
        const balancer = new Balancer();
        await balancer.listen(port);
        const servers: { old?: ServerProcess; new?: ServerProcess } = {};
        const start = async (which: "old" | "new") => {
          const own = await freePort();
          servers[which] = await ServerProcess.start(
            { ...settings, GUESTPASS_PORT: String(own) },
            which === "old" ? release.script : undefined,
          );
          balancer.targets = [...balancer.targets, own];
          return own;
        };
        let guests = 0;
        let over = false;
        const guestsComeIn = async (application: RegisteredApplication) => {
          while (!over) await signIn(application, `guest-${++guests}@example.com`);
        };
        try {
          const oldest = await start(first as "old" | "new");
          const coming = guestsComeIn(await addApplication(first === "old" ? release.script : undefined));
          coming.catch(() => undefined);
          await start(first === "old" ? "new" : "old");
          const from = guests;
          await Promise.race([coming, eventually("guests came in while both serve", () => guests > from + atLeast, 120)]);
          balancer.targets = balancer.targets.filter((each) => each !== oldest);
          const since = guests;
          await Promise.race([coming, eventually("guests came in where one of them serves", () => guests > since + 1, 60)]);
          over = true;
          await coming;
          expect(balancer.faults).to.equal(0);
          const verified = await runCommand(["audit", "verify"], settings);
          expect(verified.code, verified.stdout + verified.stderr).to.equal(0);
        } finally {
          over = true;
          for (const server of Object.values(servers)) await server.kill("SIGTERM");
          await balancer.close();
        }
      });
    }
  } else {
    it("keeps what the database holds: a code that was asked for before works after it, and who was signed in still is", async () => {
      const old = await ServerProcess.start(settings, release.script);
      const application = await addApplication(release.script);
      const [ada, grace] = [service.browser(), service.browser()];
      await service.signIn(ada, await service.authorizationRequest(application), "ada@example.com");
      const request = await service.authorizationRequest(application);
      const page = await service.askForCode(grace, request, "grace@example.com");
      const code = await mail.code("grace@example.com");
      expect(await old.kill("SIGTERM")).to.include({ code: 0 });

      const upgraded = await ServerProcess.start(settings);
      try {
        const tokens = await service.redeem(request, await grace.submit(page, "/passcode", { code }));
        expect(tokens.id_token).to.be.a("string");
        const silent = await ada.open((await service.authorizationRequest(application, { prompt: "none" })).url);
        expect(silent.query).to.have.property("code");
        const verified = await runCommand(["audit", "verify"], settings);
        expect(verified.code, verified.stdout + verified.stderr).to.equal(0);
      } finally {
        await upgraded.kill("SIGTERM");
      }
    });
  }
});
