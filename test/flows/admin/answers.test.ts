import { expect } from "chai";
import { Idempotency } from "../../../src/api/idempotency.ts";
import { testClock } from "../../../src/testing/clock.ts";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { createDatabase, databaseKind } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";

describe("answers of the administration API", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;

  before(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files } = await startWithAdmin(guestpass));
  });
  after(() => guestpass.stop());

  it("say where a created record can be read", async () => {
    const guest = await admin.post("/guests", { email: "ada@example.com" }, { "idempotency-key": "ada" });
    const again = await admin.post("/guests", { email: "ada@example.com" }, { "idempotency-key": "ada" });
    const sub = guest.body["sub"];
    for (const { status, headers } of [guest, again])
      expect([status, headers.get("location")]).to.deep.equal([201, `${guestpass.issuer}/admin/guests/${sub}`]);
    for (const [path, body] of [
      ["/invitations", { email: "grace@example.com", client_id: "files" }],
      ["/applications", { name: "Located", client_id: "located~1", redirect_uris: ["https://located.example/cb"] }],
      [`/guests/${sub}/aliases`, { email: "ada@other.example" }],
    ] as const) {
      const { status, headers } = await admin.post(path, body);
      const location = String(headers.get("location"));
      expect([path, status, location.startsWith(`${guestpass.issuer}/admin/`)]).to.deep.equal([path, 201, true]);
      expect((await admin.get(location.slice(`${guestpass.issuer}/admin`.length))).status, location).to.equal(200);
    }
    expect((await admin.post("/guests", { email: "ada@example.com" })).headers.get("location"), "of what was there").to.equal(null);
  });

  it("name the methods that a path takes, where another one was sent", async () => {
    for (const [method, path, allowed] of [
      ["PUT", "/guests", "GET, HEAD, POST"],
      ["DELETE", "/settings", "GET, HEAD, PATCH"],
      ["POST", "/guests/somebody", "GET, HEAD, PATCH, DELETE"],
      ["PUT", "/invitations/import/sharepoint", "POST"],
      ["POST", "/openapi.json", "GET, HEAD"],
    ] as const) {
      const response = await fetch(`${guestpass.issuer}/admin${path}`, { method });
      expect([path, response.status, response.headers.get("allow")]).to.deep.equal([path, 405, allowed]);
      expect(await response.json()).to.include({ status: 405, detail: `This path accepts only ${allowed}.` });
    }
    expect((await admin.get("/nothing")).status).to.equal(404);
  });

  it("tell how many requests are left", async () => {
    const numbers = ({ headers }: { headers: Headers }) =>
      ["limit", "remaining", "reset"].map((name) => Number(headers.get(`ratelimit-${name}`)));
    const limited = await Guestpass.start({ GUESTPASS_LIMIT_REQUESTS_PER_APPLICATION: "3/1m" });
    const { admin } = await startWithAdmin(limited);
    const [, first] = [await admin.token, numbers(await admin.get("/settings"))];
    expect(first).to.deep.equal([3, 2, 60]);
    limited.clock.advance({ minutes: 0.5 });
    expect(numbers(await admin.get("/guests/nobody"))).to.deep.equal([3, 1, 30]);
    await admin.get("/settings");
    const refused = await admin.get("/settings");
    expect([refused.status, refused.headers.get("retry-after"), ...numbers(refused)]).to.deep.equal([429, "30", 3, 0, 30]);
    await limited.stop();
  });

  it("refuse an Idempotency-Key that is empty: whoever sends it counts on it", async () => {
    const answer = await files.post("/invitations", { email: "empty@example.com" }, { "idempotency-key": "" });
    expect([answer.status, answer.body["detail"]]).to.deep.equal([400, "An Idempotency-Key must be 1 to 200 printable ASCII characters."]);
  });

  it("give a repeated request the link again, which is written down nowhere", async () => {
    const key = { "idempotency-key": "with-link" };
    const one = () => files.post("/invitations", { email: "link@example.com", send_mail: false }, key);
    const many = () =>
      files.post("/invitations/bulk?send_mail=false", [{ email: "link2@example.com" }, { email: "-" }], { "idempotency-key": "many" });
    for (const ask of [one, many]) {
      const first = await ask();
      expect(first.text).to.contain(`${guestpass.issuer}/invitations/`);
      const repeated = await ask();
      expect([repeated.status, repeated.text]).to.deep.equal([first.status, first.text]);
    }
    const kept = JSON.stringify(await guestpass.server.app.db.select("answer").from("idempotency_keys"));
    expect(kept).to.contain("link@example.com").and.not.contain("/invitations/");
  });

  it("keep what is not given of an invitation, and take away what is null", async () => {
    const words = { label: "Plan", sponsor_name: "Charles", sponsor_email: "charles@example.org", message: "Look", reverification_days: 3 };
    const first = await files.post("/invitations", { email: "label@example.com", send_mail: false, ...words });
    expect(first.body).to.include(words);
    const kept = await files.post("/invitations", { email: "label@example.com", send_mail: false });
    expect(kept.body).to.include({ id: first.body["id"], ...words });
    const nothing = Object.fromEntries(Object.keys(words).map((name) => [name, null]));
    const taken = await files.post("/invitations", { email: "label@example.com", send_mail: false, label: null });
    expect(taken.body).to.include({ ...words, label: null });
    const all = await files.post("/invitations", { email: "label@example.com", send_mail: false, ...nothing });
    expect(all.body).to.include(nothing);
  });

  it("spell the audit trail's details as the API does", async () => {
    const { body } = await admin.post("/applications", {
      name: "Audited",
      client_id: "audited",
      redirect_uris: ["https://audited.example/cb"],
      target_origins: ["https://audited.example"],
      resources: { "https://api.audited.example/A": "read" },
    });
    expect(body["client_id"]).to.equal("audited");
    const guest = await admin.post("/guests", { email: "audited@example.com" });
    await admin.patch(`/guests/${guest.body["sub"]}`, { external_id: "7", expires_at: "2099-01-01" });
    await files.post("/invitations", { email: "audited@example.com", access_ends_at: "2099-01-01" });
    const entries = (await admin.get("/audit?limit=500")).body["items"] as { action: string; details: Record<string, unknown> }[];
    const details = (action: string) => entries.find((entry) => entry.action === action)?.details as Record<string, unknown>;
    expect(details("guest.updated")["changed"]).to.include("external_id").and.include("expires_at");
    expect(details("invitation.created")).to.include({ access_ends_at: "2099-01-01T00:00:00.000Z" });
    expect(details("application.added")["after"]).to.deep.include({
      client_id: "audited",
      target_origins: ["https://audited.example"],
      redirect_uris: ["https://audited.example/cb"],
      resources: { "https://api.audited.example/A": "read" },
    });
    const names = (value: unknown): string[] =>
      typeof value === "object" && value !== null ? Object.entries(value).flatMap(([name, member]) => [name, ...names(member)]) : [];
    for (const { action, details } of entries) for (const name of names(details)) expect(name, action).not.to.match(/^[a-z]+[A-Z]/);
  });

  it("carry a request out again once its server is known to be gone, and once; until then it is under way", async () => {
    const { db } = guestpass.server.app;
    const json = { email: "killed@example.com", send_mail: false };
    const ask = () => files.post("/invitations", json, { "idempotency-key": "killed" });
    await eventually("this server is listed", async () => (await db("outbox_instances")).length === 1);
    await db("outbox_instances").insert({ id: "killed", beat: 1 });
    const killed = new Idempotency({ db, clock: testClock, instance: "killed" });
    const began = new Promise<void>((resolve) => {
      const forEver = () => {
        resolve();
        return new Promise<never>(() => undefined);
      };
      void killed.once("files", "killed", `POST /admin/invitations\n${JSON.stringify(json)}`, forEver);
    });
    await began;
    expect((await ask()).status).to.equal(409);
    await eventually("the server is known to be gone", async () => (await db("outbox_instances")).length === 1);
    const answers = await Promise.all(Array.from({ length: 5 }, ask));
    for (const { status } of answers) expect(status).to.be.oneOf([201, 409]);
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body["id"]));
    expect(ids.size).to.equal(1);
    expect((await ask()).body["id"]).to.be.oneOf([...ids]);
  });

  if (databaseKind === "postgres") {
    it("say that the database is away, and leave no key behind that is under way for long", async () => {
      const database = await createDatabase();
      const url = new URL(database.url);
      const proxy = new TcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
      url.hostname = "127.0.0.1";
      url.port = String(await proxy.open());
      const cutOff = await Guestpass.start({ GUESTPASS_DATABASE_URL: url.href }, { on: guestpass });
      const { files } = await startWithAdmin(cutOff);
      await files.get("/invitations");
      const { app } = cutOff.server;
      const invite = app.invitations.invite.bind(app.invitations);
      // In the middle of a request, after its key was taken.
      app.invitations.invite = async (...args) => {
        await proxy.cut();
        return invite(...args);
      };
      const ask = () => files.post("/invitations", { email: "away@example.com", send_mail: false }, { "idempotency-key": "away" });
      for (const answer of [await ask(), await ask()]) {
        expect([answer.status, answer.headers.get("retry-after"), answer.body["title"]]).to.deep.equal([503, "5", "Unavailable"]);
        app.invitations.invite = invite;
      }
      await proxy.open(Number(url.port));
      await eventually("it is done", async () => (await ask()).status === 201);
      await cutOff.server.close();
      await proxy.cut();
      await database.remove();
    });
  } else {
    it("say that the database only reads for now, or has no more room", async () => {
      await files.get("/invitations");
      const { db } = guestpass.server.app;
      await db.raw("PRAGMA query_only = true");
      const answer = await files.get("/invitations");
      await db.raw("PRAGMA query_only = false");
      expect([answer.status, answer.headers.get("retry-after"), answer.body["title"]]).to.deep.equal([503, "5", "Unavailable"]);
      expect((await files.get("/invitations")).status).to.equal(200);
    });
  }
});
