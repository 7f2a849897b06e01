import { hash } from "node:crypto";
import { expect } from "chai";
import type { Knex } from "knex";
import type { Application } from "../../../src/applications/application.ts";
import { operator } from "../../../src/audit/audit.ts";
import { keepStatistics } from "../../../src/database/database.ts";
import { databaseKind } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { stepsOf } from "../../support/plans.ts";
import { statementsOf } from "../../support/statements.ts";

/** More than one batch. */
const guests = 250;
const day = 86_400_000;

describe("with many live sessions, a change costs what it changes", () => {
  let guestpass: Guestpass;
  let db: Knex;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ db } = guestpass.server.app);
    await guestpass.server.app.sessions.stop();
    for (const clientId of ["files", "wiki"]) await guestpass.register(clientId, { admission: "anyone" });
    await fill();
  });
  afterEach(() => guestpass.stop());

  /** As signing in would leave it: half of the guests in the one application, half in the other, one of the last in both. */
  async function fill(): Promise<void> {
    const [at, later] = [guestpass.clock.now() - 10 * day, guestpass.clock.now() + 20 * day];
    const numbers = Array.from({ length: 2 * guests }, (_, index) => index);
    const times = { created_at: at, updated_at: at };
    await db.batchInsert(
      "guests",
      numbers.map((n) => ({ sub: `sub${n}`, state: "active", ...times })),
      100,
    );
    await db.batchInsert(
      "mailboxes",
      numbers.map((n) => ({ id: `box${n}`, guest_sub: `sub${n}`, verified_at: at })),
      100,
    );
    const address = (n: number) => `guest${n}@example.com`;
    const written = (n: number) => ({ address: address(n), address_key: address(n), search_text: address(n), domain: "example.com" });
    const owned = (n: number) => ({ guest_sub: `sub${n}`, mailbox_id: `box${n}`, is_primary: 1, created_at: at, guest_created_at: at });
    await db.batchInsert(
      "aliases",
      numbers.map((n) => ({ ...written(n), ...owned(n) })),
      50,
    );
    const artifacts: Record<string, string | number | null>[] = numbers.flatMap((n) => {
      const entered = n === 2 * guests - 1 ? ["files", "wiki"] : [n < guests ? "files" : "wiki"];
      const authorizations = Object.fromEntries(
        entered.map((clientId) => [clientId, { sid: `${clientId}${n}`, grantId: `${clientId}${n}` }]),
      );
      const session = { uid: `uid${n}`, accountId: `sub${n}`, loginTs: at / 1000, authorizations };
      const common = { account_id: `sub${n}`, expires_at: later };
      const grants = entered.map((clientId) => {
        const payload = { accountId: `sub${n}`, clientId, iat: at / 1000 };
        return { model: "Grant", id_hash: hash("sha256", `${clientId}${n}`, "base64url"), payload: JSON.stringify(payload), ...common };
      });
      return [
        { model: "Session", id_hash: `hash${n}`, payload: JSON.stringify(session), uid: `uid${n}`, check_at: later - day, ...common },
        ...grants.map((grant) => ({ ...grant, uid: null, check_at: null })),
      ];
    });
    await db.batchInsert("oidc_artifacts", artifacts, 50);
  }

  const read = async (clientId: string) => (await guestpass.server.app.applications.read(clientId)) as Application;
  const logouts = async (clientId: string) => (await db("logouts").where({ client_id: clientId })).length;
  const tighten = async (clientId: string, reverificationDays: number) => {
    const application = await read(clientId);
    await guestpass.server.app.applications.update(application, { policy: { ...application.policy, reverificationDays } }, operator);
  };
  /** What sets the check off, until it is through. */
  async function checked(): Promise<void> {
    const { sessions } = guestpass.server.app;
    sessions.run(20);
    await eventually("the check is through", async () => (await db("session_checks")).length === 0);
    await sessions.stop();
  }

  it("a new name, colour, address or secret checks nothing", async () => {
    const { applications, settings } = guestpass.server.app;
    const ran = await statementsOf(async () => {
      const application = (await applications.update(await read("files"), { name: "Other files" }, operator)) as Application;
      const policy = { ...application.policy, colour: "#0b57d0", supportAddress: "help@example.com" };
      await applications.rotateSecret((await applications.update(application, { policy }, operator)) as Application, day, operator);
      await settings.update({ invitationDays: 3 }, operator);
    });
    expect(ran.filter((sql) => /session_checks|oidc_artifacts/.test(sql))).to.deep.equal([]);
    expect(await db("session_checks")).to.deep.equal([]);
  });

  it("a stricter rule of an application checks the sessions there, in batches, and writes one row itself", async () => {
    const before = await db("oidc_artifacts").where({ model: "Session" });
    const ran = await statementsOf(() => tighten("files", 7));
    expect(ran.filter((sql) => sql.includes("oidc_artifacts"))).to.deep.equal([]);
    expect(await db("oidc_artifacts").where({ model: "Session" })).to.have.deep.members(before);
    await checked();
    expect([await logouts("files"), await logouts("wiki")]).to.deep.equal([guests + 1, 0]);
    const after = await db("oidc_artifacts").where({ model: "Session" });
    expect(after.filter(({ payload }) => payload.includes('"files"'))).to.deep.equal([]);
    const others = before.filter(({ payload }) => !payload.includes('"files"'));
    for (const session of others) expect(after).to.deep.include(session);
    expect(others).to.have.length(guests - 1);
    expect(await db("oidc_artifacts").where({ model: "Grant", client_id: "wiki" })).to.have.length(guests);
  });

  it("a stricter rule that nobody breaks only notes when each is to be looked at next", async () => {
    await tighten("files", 15);
    await checked();
    expect([await logouts("files"), await logouts("wiki")]).to.deep.equal([0, 0]);
    const due = guestpass.clock.now() + 6 * day;
    const sessions = await db("oidc_artifacts").where({ model: "Session" });
    expect(sessions.filter(({ check_at }) => check_at < due)).to.have.length(guests + 1);
  });

  if (databaseKind === "sqlite")
    it("writes a batch by the keys of its sessions, whatever the database believes there are", async () => {
      await keepStatistics(db);
      await db.raw("ANALYZE oidc_artifacts");
      const ran = await statementsOf(async () => {
        await tighten("files", 15);
        await checked();
        await tighten("files", 7);
        await checked();
      });
      const writes = new Set(ran.filter((sql) => sql.includes("WITH looked")));
      expect(writes.size).to.be.at.least(2);
      for (const sql of writes)
        expect(
          (await stepsOf(db, sql)).filter((step) => step.includes("oidc_artifacts")),
          sql,
        ).to.deep.equal(["SEARCH oidc_artifacts USING INDEX sqlite_autoindex_oidc_artifacts_1 (model=? AND id_hash=?)"]);
    });

  it("a stricter rule for all checks all of them", async () => {
    await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
    await checked();
    expect([await logouts("files"), await logouts("wiki")]).to.deep.equal([guests + 1, guests]);
  });

  it("an application that is removed takes its tokens with it, one batch after the other, and tells nobody", async () => {
    await guestpass.server.app.applications.remove("files", operator);
    await checked();
    expect(await db("oidc_artifacts").where({ client_id: "files" })).to.deep.equal([]);
    expect(await db("oidc_artifacts").where({ client_id: "wiki" })).to.have.length(guests);
    const sessions = await db("oidc_artifacts").where({ model: "Session" });
    expect(sessions.filter(({ payload }) => payload.includes('"files"'))).to.deep.equal([]);
    expect(sessions.filter(({ payload }) => payload.includes('"wiki"'))).to.have.length(guests);
    expect([await logouts("files"), await logouts("wiki")]).to.deep.equal([0, 0]);
  });

  it("an application that is removed is gone at once, and its very many invitations some at a time; nothing goes where it was changed since it was read", async () => {
    const { applications, admin } = guestpass.server.app;
    const aliases: { id: number; guest_sub: string }[] = await db("aliases").select("id", "guest_sub");
    const dates = { created_at: 1, updated_at: 1, redeem_by: 1, guest_created_at: 1 };
    const invitations = ["", "a", "b"].flatMap((target_url) =>
      aliases.map(({ id, guest_sub }) => ({
        id: `${id}-${target_url}`,
        client_id: "files",
        guest_sub,
        alias_id: id,
        target_url,
        ...dates,
      })),
    );
    await db.batchInsert("invitations", invitations, 50);
    const [older] = invitations;
    await db("invitations").insert({ ...older, id: "another", client_id: "wiki", created_at: 0 });
    const left = async () => (await db("invitations").where({ client_id: "files" })).length;
    expect(await applications.remove("files", operator, 1)).to.equal(false);
    expect(await left()).to.equal(6 * guests);
    const ran = await statementsOf(async () => expect(await applications.remove("files", operator)).to.equal(true));
    expect(ran.filter((sql) => /^DELETE FROM (invitations|applications)/.test(sql))).to.deep.equal([]);
    expect(await applications.remove("files", operator)).to.equal(false);
    expect((await applications.list()).map(({ clientId }) => clientId)).not.to.include("files");
    type Page = { items: { id: string }[]; next: string | null };
    const listed: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query: object = cursor ? { cursor, limit: 50 } : { limit: 50 };
      const { items, next }: Page = (await admin("listInvitations", { query })).body as Page;
      listed.push(...items.map(({ id }) => id));
      cursor = next;
    }
    expect(listed, "what another application has is listed as before").to.deep.equal(["another"]);
    const cleared = await statementsOf(checked);
    expect(await left()).to.equal(0);
    expect(cleared.filter((sql) => sql.startsWith("DELETE FROM invitations")).length).to.be.at.least(4);
    expect(await db("applications").where({ client_id: "files" })).to.deep.equal([]);
  });

  it("what an instance of the version before left of an application that was removed is cleared by another", async () => {
    await guestpass.server.app.applications.remove("files", operator);
    await db("session_checks").delete();
    guestpass.server.app.sessions.run(20);
    await eventually("it is cleared", async () => (await db("applications").where({ client_id: "files" })).length === 0);
    expect(await db("oidc_artifacts").where({ client_id: "files" })).to.deep.equal([]);
    await guestpass.server.app.sessions.stop();
  });

  it("an application that is added under the name of one just removed inherits nothing, however much of that is left", async () => {
    const { applications } = guestpass.server.app;
    await applications.remove("files", operator);
    expect(await db("oidc_artifacts").where({ client_id: "files" })).to.have.length(guests + 1);
    await guestpass.register("files", { admission: "anyone" });
    expect(await db("oidc_artifacts").where({ client_id: "files" })).to.deep.equal([]);
    await checked();
    expect((await read("files")).admission).to.equal("anyone");
  });

  if (databaseKind === "postgres")
    it("two instances share the work: each session is ended, and its application told, once", async () => {
      const other = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer }, { on: guestpass });
      await other.server.app.sessions.stop();
      await tighten("files", 7);
      for (const { server } of [guestpass, other]) server.app.sessions.run(5);
      await eventually("the check is through", async () => (await db("session_checks")).length === 0);
      for (const { server } of [guestpass, other]) await server.app.sessions.stop();
      expect([await logouts("files"), await logouts("wiki")]).to.deep.equal([guests + 1, 0]);
      expect(await db("audit").where({ action: "session.over" })).to.have.length(guests + 1);
      await other.server.close();
    });
});
