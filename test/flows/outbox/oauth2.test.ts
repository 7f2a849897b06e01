import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import type { Knex } from "knex";
import { SMTPServer } from "smtp-server";
import { readConfig } from "../../../src/configuration/config.ts";
import { masked } from "../../../src/configuration/masked.ts";
import { openDatabase } from "../../../src/database/database.ts";
import { migrate } from "../../../src/database/migrate.ts";
import { AccessTokens } from "../../../src/outbox/access-token.ts";
import { mailRoutes } from "../../../src/outbox/configured-routes.ts";
import { RefreshToken } from "../../../src/outbox/refresh-token.ts";
import { Routes } from "../../../src/outbox/routes.ts";
import { Vault } from "../../../src/sealing.ts";
import { testClock } from "../../../src/testing/clock.ts";
import { certificate } from "../../support/certificate.ts";
import { createDatabase, type TestDatabase } from "../../support/databases.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { queuedMail } from "../../support/queued-mail.ts";

describe("a mail server that takes an access token in place of a password", () => {
  let endpoint: Server;
  let smtp: SMTPServer;
  let asked: URLSearchParams[];
  let logins: { user: string; token: string }[];
  let refuses: (token: string) => boolean;
  let answer: { status: number; body: object };
  /** In place of `answer`, where it has one. */
  let answering: ((form: URLSearchParams) => Promise<{ status: number; body: object } | undefined>) | undefined;

  before(async () => {
    endpoint = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", async () => {
        const form = new URLSearchParams(body);
        asked.push(form);
        const given = (await answering?.(form)) ?? answer;
        response.writeHead(given.status, { "content-type": "application/json" });
        response.end(JSON.stringify(given.status === 200 ? { ...given.body, access_token: `token ${asked.length}` } : given.body));
      });
    });
    await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
    smtp = new SMTPServer({
      ...certificate(),
      authMethods: ["XOAUTH2"],
      allowInsecureAuth: true,
      onAuth: ({ username = "", accessToken = "" }, _session, done) => {
        logins.push({ user: username, token: accessToken });
        done(null, refuses(accessToken) ? { data: { status: "401" } } : { user: username });
      },
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on("end", () => done());
      },
    } as ConstructorParameters<typeof SMTPServer>[0]);
    smtp.on("error", () => undefined);
    await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  });
  beforeEach(() => {
    asked = [];
    logins = [];
    refuses = () => false;
    answering = undefined;
    answer = { status: 200, body: { expires_in: 3600, token_type: "Bearer" } };
  });
  afterEach(() => testClock.reset());
  after(async () => {
    endpoint.closeAllConnections();
    await new Promise((resolve) => endpoint.close(resolve));
    await new Promise<void>((resolve) => smtp.close(resolve));
  });

  const tokenUrl = () => `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`;
  const oauth2 = () => ({ tokenUrl: tokenUrl(), clientId: "guestpass", clientSecret: "client hunter2", scope: "smtp" });
  const smtpUrl = () => `smtp://guests%40idp.example@localhost:${(smtp.server.address() as AddressInfo).port}?tls.servername=localhost`;

  function open(settings: object = {}): Routes {
    const accessTokens = new AccessTokens({ settings: { ...oauth2(), ...settings }, clock: testClock, fetch });
    const route = { name: "cloud", smtpUrl: smtpUrl(), from: "guests@idp.example", tls: "opportunistic" as const, accessTokens };
    return new Routes({ clock: testClock, routes: [{ ...route, tls: "none" }] });
  }

  it("gets one for the client, which all mails share until shortly before its end", async () => {
    const routes = open();
    for (let mail = 0; mail < 3; mail++) expect((await routes.deliver(queuedMail())).tries[0]).to.include({ outcome: "accepted" });
    routes.close();
    expect(Object.fromEntries(asked[0] ?? [])).to.deep.equal({
      grant_type: "client_credentials",
      client_id: "guestpass",
      client_secret: "client hunter2",
      scope: "smtp",
    });
    expect(asked).to.have.length(1);
    expect(logins[0]).to.deep.equal({ user: "guests@idp.example", token: "token 1" });
    const again = new AccessTokens({ settings: oauth2(), clock: testClock, fetch });
    expect((await Promise.all([again.get(false), again.get(false)])).map(({ token }) => token)).to.deep.equal(["token 2", "token 2"]);
    testClock.advance({ minutes: 57 });
    expect((await again.get(false)).token).to.equal("token 2");
    testClock.advance({ minutes: 2 });
    expect((await again.get(false)).token).to.equal("token 3");
  });

  describe("by a refresh token", () => {
    let database: TestDatabase;
    let db: Knex;
    /** The refresh tokens that the endpoint still takes. */
    let good: string[];
    before(async () => {
      database = await createDatabase();
      db = openDatabase({ url: database.url, poolSize: 2 });
      await migrate(db);
    });
    after(async () => {
      await db.destroy();
      await database.remove();
    });

    /** As an instance that has just started. */
    function instance(configured: string): AccessTokens {
      const settings = { ...oauth2(), refreshToken: configured };
      const refreshToken = new RefreshToken({
        db,
        clock: testClock,
        vault: new Vault([{ secret: "one", key: Buffer.alloc(32, 7) }]),
        configured: settings,
      });
      return new AccessTokens({ settings, clock: testClock, fetch, refreshToken });
    }
    const used = () => asked.map((form) => form.get("refresh_token"));
    const replacedBy = (next: string) => {
      answer = { status: 200, body: { expires_in: 3600, refresh_token: next } };
    };

    it("gets one, and goes on with the one that replaces it, also after a restart and on other instances; it is kept sealed", async () => {
      const first = instance("first");
      const second = instance("first");
      replacedBy("replaced-once");
      await first.get(false);
      replacedBy("replaced-twice");
      await second.get(false);
      await first.get(true);
      await instance("first").get(false);
      expect(used()).to.deep.equal(["first", "replaced-once", "replaced-twice", "replaced-twice"]);
      expect(asked[0]?.get("grant_type")).to.equal("refresh_token");
      expect(JSON.stringify(await db("mail_refresh_tokens"))).to.not.match(/first|replaced/);
      await instance("configured anew").get(false);
      expect(used().at(-1)).to.equal("configured anew");
    });

    it("tries once more where another instance replaced it in the meantime, and no more than once", async () => {
      const other = instance("raced");
      good = ["raced"];
      const late = instance("raced");
      // The other one is faster by a whole request.
      const raced = async (form: URLSearchParams) => {
        answering = undefined;
        replacedBy("winner");
        await other.get(false);
        good = ["winner"];
        answering = refuseBad;
        return refuseBad(form);
      };
      const refuseBad = async (form: URLSearchParams) =>
        good.includes(form.get("refresh_token") ?? "") ? undefined : { status: 400, body: { error: "invalid_grant" } };
      answering = raced;
      await late.get(false);
      expect(used()).to.deep.equal(["raced", "raced", "winner"]);
      good = [];
      const refused = await late.get(true).catch((error: Error) => error.message);
      expect(refused).to.match(/answers 400: invalid_grant/);
      expect(used()).to.have.length(4);
    });
  });

  it("says why it got none, in the endpoint's words and without the secret", async () => {
    answer = { status: 400, body: { error: "invalid_client", error_description: "The secret\r\nhas expired." } };
    const routes = open();
    const { tries } = await routes.deliver(queuedMail());
    routes.close();
    expect(tries[0]).to.include({ outcome: "delayed" });
    expect(tries[0]?.words).to.match(/no access token: 127\.0\.0\.1:\d+ answers 400: invalid_client The secret has expired\./);
    expect(JSON.stringify(tries)).to.not.contain("hunter2");
  });

  it("connects to no special-use address, unless its network is allowed", async () => {
    for (const [networks, outcome] of [
      ["", "delayed"],
      ["127.0.0.0/8", "accepted"],
    ] as const) {
      const route = { name: "cloud", url: smtpUrl(), tls: "none", oauth2: oauth2() };
      const guestpass = await Guestpass.start({
        GUESTPASS_SMTP_URL: "",
        GUESTPASS_ALLOWED_NETWORKS: networks,
        GUESTPASS_SMTP_ROUTES: JSON.stringify([route]),
      });
      const made = await guestpass.server.app.routes.deliverBy("cloud", queuedMail());
      await guestpass.stop();
      expect(made.outcome, made.words).to.equal(outcome);
      if (networks === "") expect(made.words).to.contain("GUESTPASS_ALLOWED_NETWORKS");
    }
  });

  it("is configured with a user and no password, and its secrets are shown to nobody", () => {
    const config = (url: string) =>
      readConfig({
        GUESTPASS_MODE: "production",
        GUESTPASS_SECRET: "a secret of the tests that is long enough",
        GUESTPASS_SMTP_ROUTES: JSON.stringify([{ name: "cloud", url, oauth2: { ...oauth2(), refreshToken: "refresh hunter2" } }]),
      });
    expect(JSON.stringify(masked(config(smtpUrl())))).to.not.contain("hunter2");
    expect(mailRoutes(config(smtpUrl()))).to.have.length(1);
    for (const url of ["smtp://localhost:25", "smtp://guests:password@localhost:25"])
      expect(() => config(url)).to.throw("must have a user and no password");
  });
});
