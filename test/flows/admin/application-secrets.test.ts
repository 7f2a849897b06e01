import { expect } from "chai";
import { AdminApi, ownScopes, registeredAs, startWithAdmin } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { endpoints, post } from "../../support/protocol.ts";
import { placesOf } from "../../support/tables.ts";

const minimal = { name: "Acme Files", redirect_uris: [redirectUri] };

describe("secrets of applications", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin } = await startWithAdmin(guestpass));
  });
  afterEach(() => guestpass.stop());

  const create = async (more: object = {}) => (await admin.post("/applications", { ...minimal, ...more })).body as Record<string, string>;
  const token = (application: RegisteredApplication) =>
    post(guestpass, endpoints.token, application, { grant_type: "client_credentials", scope: ownScopes });

  it("show the secret once, and keep only its hash", async () => {
    const created = await admin.post("/applications", minimal, { "idempotency-key": "acme" });
    const secret = String(created.body["client_secret"]);
    expect(secret).to.have.length(43);
    const { client_secret: _secret, ...rest } = created.body;
    const repeated = await admin.post("/applications", minimal, { "idempotency-key": "acme" });
    expect([repeated.status, repeated.body]).to.deep.equal([201, rest]);
    const id = created.body["client_id"];
    for (const text of [
      (await admin.get(`/applications/${id}`)).text,
      (await admin.get("/applications")).text,
      (await admin.get("/audit?limit=500")).text,
    ])
      expect(text).not.to.contain(secret).and.not.to.contain('"client_secret"');
    expect(await placesOf(guestpass.server.app.db, secret)).to.deep.equal([]);
    expect((await admin.get("/applications")).body["items"]).to.have.length(4);
  });

  it("are made once for an Idempotency-Key, though the server failed before it had kept its answer", async () => {
    const { db } = guestpass.server.app;
    const ask = () => admin.post("/applications", minimal, { "idempotency-key": "acme" });
    await admin.get("/applications");
    await db.raw("ALTER TABLE idempotency_keys RENAME COLUMN status TO lost");
    const failed = await ask();
    expect(failed.headers.get("content-type")).to.equal("application/problem+json");
    expect(failed.body).to.include({ status: 500, detail: `If you ask for help, give this number: ${failed.headers.get("x-request-id")}` });
    await db.raw("ALTER TABLE idempotency_keys RENAME COLUMN lost TO status");
    const { status, body } = await ask();
    expect([status, body["has_secret"], body["client_secret"]]).to.deep.equal([201, true, undefined]);
    expect((await ask()).body).to.deep.equal(body);
    const { items } = (await admin.get("/applications")).body as { items: { client_id: string; name: string }[] };
    expect(items.filter(({ name }) => name === minimal.name).map((application) => application.client_id)).to.deep.equal([
      body["client_id"],
    ]);
  });

  it("rotate the secret with an overlap that is chosen", async () => {
    const body = await create();
    const old = registeredAs(body);
    const path = `/applications/${body["client_id"]}/rotate-secret`;
    const rotated = await admin.post(path, { overlap_hours: 2 });
    const fresh = registeredAs(body, rotated.body["client_secret"]);
    expect(rotated.body["client_secret"]).not.to.equal(body["client_secret"]);
    expect([(await token(old)).status, (await token(fresh)).status]).to.deep.equal([200, 200]);
    guestpass.clock.advance({ hours: 2, seconds: 1 });
    expect([(await token(old)).status, (await token(fresh)).status]).to.deep.equal([401, 200]);
    const again = await new AdminApi(guestpass, await guestpass.register("console-2", { policy: { administrator: true } })).post(path, {
      overlap_hours: 0,
    });
    expect((await token(fresh)).status).to.equal(401);
    expect((await token(registeredAs(body, again.body["client_secret"]))).status).to.equal(200);
    expect(again.body["previous_secret_until"]).to.equal(null);
  });

  it("keep a former secret's time when the new one was lost and another is made; without an overlap all of them end", async () => {
    const body = await create();
    const path = `/applications/${body["client_id"]}/rotate-secret`;
    await admin.post(path, { overlap_hours: 4 });
    const { body: rotated } = await admin.post(path, { overlap_hours: 2 });
    expect(Date.parse(String(rotated["previous_secret_until"])) - guestpass.clock.now()).to.be.greaterThan(3 * 3_600_000);
    expect((await token(registeredAs(body))).status).to.equal(200);
    await admin.post(path, { overlap_hours: 0 });
    expect((await token(registeredAs(body))).status).to.equal(401);
    expect((await token(registeredAs(body, rotated["client_secret"]))).status).to.equal(401);
  });

  it("rotate the secret once for an Idempotency-Key", async () => {
    const body = await create();
    const rotate = () => admin.post(`/applications/${body["client_id"]}/rotate-secret`, {}, { "idempotency-key": "r" });
    const first = await rotate();
    expect((await rotate()).body).not.to.have.property("client_secret");
    expect((await token(registeredAs(body, first.body["client_secret"]))).status).to.equal(200);
  });
});
