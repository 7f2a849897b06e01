import { createSecretKey } from "node:crypto";
import { expect } from "chai";
import type { Knex } from "knex";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import { Limits, type Use } from "../../src/limits/limits.ts";
import { KeyRing } from "../../src/secrets.ts";
import { createDatabase, databaseKind, type TestDatabase } from "../support/databases.ts";

// Everybody who asks for a code counts on the total and on the application. One row would make them wait for each other on PostgreSQL.
describe("a limit that every request counts against", () => {
  let database: TestDatabase;
  let db: Knex;
  let limits: Limits;
  const now = 1_800_000_000_000;
  const most = 4003;
  const total: Use = { limit: "codes-total", rates: [{ most, period: 900_000 }], subject: "", isBusy: true };

  before(async () => {
    database = await createDatabase();
    db = openDatabase({ url: database.url, poolSize: 4 });
    await migrate(db);
    limits = new Limits({
      db,
      clock: { now: () => now },
      key: new KeyRing(createSecretKey(Buffer.alloc(32, 7))),
      observe: () => undefined,
    });
  });
  after(async () => {
    await db.destroy();
    await database.remove();
  });
  beforeEach(() => db("limits").delete());

  const rows = (): Promise<{ uses: number; most: number }[]> => db("limits").select("uses", "most");
  const sum = async (what: "uses" | "most") => (await rows()).reduce((all, row) => all + row[what], 0);
  const takeMany = (uses: Use[], times: number) => Promise.all(Array.from({ length: times }, () => limits.take(uses)));

  it("is shared out among rows on PostgreSQL, which together are the limit, and is one row on SQLite", async () => {
    await takeMany([total], 60);
    expect(await rows()).to.have.length(databaseKind === "postgres" ? 4 : 1);
    expect(await sum("uses")).to.equal(60);
    expect(await sum("most")).to.equal(most);
  });

  it("is never exceeded, and refused before its end only where one part is used up", async () => {
    await takeMany([total], 60);
    await db("limits").update({ uses: db.raw("most - 10") });
    const before = await sum("uses");
    const refusals = (await takeMany([total], 100)).filter((refusal) => refusal !== undefined);
    expect(refusals.map(({ limit }) => limit)).to.include("codes-total");
    expect(await sum("uses"))
      .to.equal(before + 100 - refusals.length)
      .and.to.equal(most);
    expect(await limits.look([total])).to.deep.include({ limit: "codes-total" });
  });

  it("gets back what was counted for a request that failed, in the part where it was counted", async () => {
    const counted = await Promise.all(Array.from({ length: 20 }, () => limits.count([total])));
    for (const each of counted) if (each.outcome === "counted") await each.giveBack();
    expect((await rows()).map(({ uses }) => uses)).to.satisfy((all: number[]) => all.every((uses) => uses === 0));
  });

  it("is one row where it is small", async () => {
    await takeMany([{ ...total, rates: [{ most: 1999, period: 900_000 }] }], 20);
    expect(await rows()).to.have.length(1);
  });
});
