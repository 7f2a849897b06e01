import { expect } from "chai";
import type { Knex } from "knex";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import * as sessions from "../../src/sessions/session-store.ts";
import { createDatabase, type TestDatabase } from "../support/databases.ts";

const later = 1_800_000_000_000;

describe("a walk through the sessions at an application", () => {
  let database: TestDatabase;
  let db: Knex;

  before(async () => {
    database = await createDatabase();
    db = openDatabase({ url: database.url, poolSize: 2 });
    await migrate(db);
  });
  after(async () => {
    await db.destroy();
    await database.remove();
  });
  beforeEach(async () => {
    await db("oidc_artifacts").delete();
    await db("session_checks").delete();
    for (const [n, clientId] of ["files", "wiki", "files", "files"].entries()) await enter(n, clientId);
    await sessions.beginWalk(db, "files");
  });

  async function enter(n: number, clientId: string): Promise<void> {
    const payload = { uid: `uid${n}`, accountId: `sub${n}`, loginTs: 1, authorizations: { [clientId]: { sid: `sid${n}` } } };
    const times = { expires_at: later, check_at: later };
    await db("oidc_artifacts").insert({
      ...{ model: "Session", id_hash: `hash${n}`, payload: JSON.stringify(payload), uid: `uid${n}`, account_id: `sub${n}` },
      ...times,
    });
  }

  const step = async () => (await sessions.takeStep(db, "files", 2)) as sessions.Step;
  const taken = async () => (await step()).sessions.map(({ idHash }) => idHash);

  it("continues where the last step ended, past the sessions elsewhere, until it is through", async () => {
    expect(await taken()).to.deep.equal(["hash0"]);
    await sessions.finishStep(db, await step());
    expect(await taken()).to.deep.equal(["hash2", "hash3"]);
    await sessions.finishStep(db, await step());
    expect(await taken()).to.deep.equal([]);
    await sessions.finishStep(db, await step());
    expect(await sessions.nextWalk(db)).to.equal(undefined);
  });

  it("repeats a step that nobody finished", async () => {
    expect(await taken()).to.deep.equal(["hash0"]);
    expect(await taken()).to.deep.equal(["hash0"]);
  });

  it("starts again where the rule changed during a step, which was of the rule before", async () => {
    const first = await step();
    await sessions.beginWalk(db, "files");
    await sessions.finishStep(db, first);
    expect(await taken()).to.deep.equal(["hash0"]);
    await sessions.finishStep(db, await step());
    const last = await step();
    await sessions.finishStep(db, last);
    const end = await step();
    await sessions.beginWalk(db, "files");
    await sessions.finishStep(db, end);
    expect(await taken()).to.deep.equal(["hash0"]);
  });

  it("looks once more at a session that changed while it was looked at, and leaves the others", async () => {
    const found = [...(await step()).sessions];
    await sessions.finishStep(db, await step());
    found.push(...(await step()).sessions);
    await db("oidc_artifacts")
      .where({ id_hash: "hash2" })
      .update({ check_at: later - 1 });
    const looked = found.map((session) => ({ session, next: later + 1 }));
    expect([...(await sessions.checkAgain(db, looked))]).to.have.members(["hash0", "hash3"]);
    await sessions.recheckSome(db, ["hash2"]);
    const due = await sessions.claimDue(db, 0, later, 10);
    expect(due.map(({ idHash }) => idHash)).to.deep.equal(["hash2"]);
  });
});
