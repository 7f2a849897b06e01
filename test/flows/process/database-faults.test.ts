// What guests, programs and operators see while the database hangs, is locked or gone, and how soon that is over.
import { expect } from "chai";
import type { Knex } from "knex";
import { openDatabase } from "../../../src/database/database.ts";
import { AdminApi } from "../../support/admin.ts";
import { createDatabase, databaseKind, type TestDatabase } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints } from "../../support/protocol.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";

const token = "a-token-of-the-metrics-that-is-long-enough";

describe("a database that does not answer as it should", function () {
  this.timeout(300_000);
  let database: TestDatabase;
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let other: Knex;
  let proxy: TcpProxy | undefined;

  before(async () => {
    database = await createDatabase();
    const url = new URL(database.url);
    if (databaseKind === "postgres") {
      proxy = new TcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
      url.host = `127.0.0.1:${await proxy.open()}`;
    }
    guestpass = await Guestpass.start({
      GUESTPASS_DATABASE_URL: databaseKind === "postgres" ? url.href : database.url,
      GUESTPASS_DATABASE_CONNECT_SECONDS: "1",
      GUESTPASS_DATABASE_POOL_SECONDS: "2",
      GUESTPASS_DATABASE_STATEMENT_SECONDS: "0.5",
      GUESTPASS_DATABASE_LOCK_SECONDS: "0.3",
      GUESTPASS_DATABASE_PREPARED: "off",
      GUESTPASS_METRICS_TOKEN: token,
    });
    application = await guestpass.register("files", { policy: { administrator: true } });
    other = openDatabase({ url: database.url });
  });
  after(async () => {
    await other.destroy();
    proxy?.thaw();
    await guestpass.stop();
    await proxy?.cut();
    await database.remove();
  });

  /** Holds what a sign-in writes first. @returns a function that releases it */
  async function lock(): Promise<() => Promise<void>> {
    const client = other.client as Knex.Client;
    const connection = await client.acquireConnection();
    const on = (sql: string) => other.raw(sql).connection(connection);
    await on(databaseKind === "sqlite" ? "BEGIN IMMEDIATE" : "BEGIN");
    if (databaseKind === "postgres") await on("LOCK TABLE limits IN ACCESS EXCLUSIVE MODE");
    return async () => {
      await on("ROLLBACK");
      await client.releaseConnection(connection);
    };
  }

  it("gives a page in the guest's language that says to try again, and nothing is used up, while others hold a table", async () => {
    const browser = guestpass.browser({ "accept-language": "de" });
    const request = await guestpass.authorizationRequest(application);
    const form = await browser.open(request.url);
    const release = await lock();
    const answer = await browser.submit(form, "/email", { email: "ada@example.com" });
    await release();
    expect([answer.status, answer.headers.get("retry-after")]).to.deep.equal([503, "5"]);
    expect(answer.title).to.equal("Bitte versuchen Sie es gleich noch einmal");
    await browser.submit(form, "/email", { email: "ada@example.com" });
    const done = await browser.submit(await browser.open(form.url), "/passcode", { code: await guestpass.mail.code("ada@example.com") });
    expect((await guestpass.redeem(request, done)).id_token).to.be.a("string");
  });

  if (databaseKind === "postgres") {
    it("says that a change may or may not have been made, where the answer to the commit is lost", async () => {
      const api = new AdminApi(guestpass, application);
      await api.token;
      proxy?.loseAnswerTo("COMMIT");
      const { status, headers, body } = await api.post("/guests", { email: "committed@example.com" });
      expect([status, headers.get("retry-after")]).to.deep.equal([503, "5"]);
      expect(body["detail"]).to.match(/Check whether the change was made before you send it again/);
      const found = await api.get("/guests?state=invited");
      expect([found.status, found.text.includes("committed@example.com")]).to.deep.equal([200, true]);
    });

    it("cancels a statement that takes too long", async () => {
      const { db } = guestpass.server.app;
      const cancelled = await db.raw("SELECT pg_sleep(30)").catch(({ code }: { code: string }) => code);
      expect(cancelled).to.equal("57014");
    });

    it("ends each request with 503 where its connections are silently dead, tells the metrics, and is over seconds after it is back", async () => {
      const api = new AdminApi(guestpass, application);
      await api.token;
      const { url } = await guestpass.authorizationRequest(application);
      const metrics = () => fetch(`${guestpass.issuer}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      proxy?.freeze();
      const json = { accept: "application/json", authorization: "Bearer x" };
      const answers = await Promise.all([
        fetch(url, { headers: { accept: "text/html" } }),
        fetch(guestpass.issuer + endpoints.userinfo, { headers: json }),
        fetch(guestpass.issuer + endpoints.token, {
          method: "POST",
          headers: { authorization: `Basic ${btoa(`files:${application.secret}`)}` },
          body: new URLSearchParams({ grant_type: "authorization_code", code: "x", redirect_uri: "https://app.example/callback" }),
        }),
        fetch(`${guestpass.issuer}/admin/guests`, { headers: { authorization: `Bearer ${await api.token}` } }),
        metrics(),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal([503, 503, 503, 503, 200]);
      for (const answer of answers.slice(0, 4)) expect(answer.headers.get("retry-after")).to.equal("5");
      expect(await answers[0]?.text()).to.contain("Please try again in a moment");
      expect(await answers[2]?.json()).to.include({ error: "temporarily_unavailable" });
      expect(await answers[3]?.json()).to.include({ status: 503, title: "Unavailable" });
      expect(await answers[4]?.text())
        .to.contain("guestpass_outbox_mails Nan")
        .and.to.contain("guestpass_http_request_seconds");
      proxy?.thaw();
      await eventually("sign-ins begin again", async () => (await guestpass.browser().open(url)).status === 200, 8);
      const ready = await fetch(`${guestpass.issuer}/readyz`);
      expect(ready.status).to.equal(200);
    });
  }
});
