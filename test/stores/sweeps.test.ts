import { expect } from "chai";
import type { Knex } from "knex";
import { openDatabase } from "../../src/database/database.ts";
import { alone } from "../../src/database/lease.ts";
import { migrate } from "../../src/database/migrate.ts";
import { removedAtOnce } from "../../src/database/removal.ts";
import * as artifacts from "../../src/oidc/artifact-store.ts";
import { createDatabase, type TestDatabase } from "../support/databases.ts";
import { statementsOf } from "../support/statements.ts";

describe("housekeeping", () => {
  let database: TestDatabase;
  let db: Knex;
  let now = 1_800_000_000_000;
  const clock = { now: () => now };
  const sweep = { work: "sweep", span: 600_000 };

  before(async () => {
    database = await createDatabase();
    db = openDatabase({ url: database.url, poolSize: 4 });
    await migrate(db);
  });
  after(async () => {
    await db.destroy();
    await database.remove();
  });

  it("removes what is over in batches, and nothing else", async () => {
    const over = 2 * removedAtOnce + 1;
    const rows = Array.from({ length: over + 1 }, (_, n) => ({
      model: "AccessToken",
      id_hash: `hash${n}`,
      payload: "{}",
      expires_at: n === over ? now : now - 1,
    }));
    await db.batchInsert("oidc_artifacts", rows, 100);
    const ran = await statementsOf(() => artifacts.removeExpired(db, now));
    expect(ran).to.have.length(3);
    expect(await db("oidc_artifacts").pluck("id_hash")).to.deep.equal([`hash${over}`]);
  });

  it("is done by one instance at a time, and by the next one when that has finished or failed", async () => {
    let done = 0;
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
    const work = async () => {
      done++;
      await finished;
    };
    const first = Promise.all(Array.from({ length: 4 }, () => alone(db, clock, sweep, work)));
    while (done === 0) await new Promise(setImmediate);
    await alone(db, clock, sweep, work);
    expect(done).to.equal(1);
    finish();
    await first;
    await alone(db, clock, sweep, work);
    expect(done).to.equal(2);
    const failing = async () => Promise.reject(new Error("the disk is full"));
    expect(await alone(db, clock, sweep, failing).catch((error: Error) => error.message)).to.equal("the disk is full");
    await alone(db, clock, sweep, work);
    expect(done).to.equal(3);
  });

  it("is taken over from an instance that died during it, also one whose clock was ahead", async () => {
    let done = 0;
    const work = async () => void done++;
    for (const until of [now + sweep.span, now + 86_400_000]) {
      await db("leases").insert({ work: "sweep", until });
      if (until === now + sweep.span) {
        await alone(db, clock, sweep, work);
        expect(done, "it may still be at it").to.equal(0);
        now += sweep.span;
      }
      await alone(db, clock, sweep, work);
    }
    expect(done).to.equal(2);
  });
});
