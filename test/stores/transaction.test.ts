import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "chai";
import type { Knex } from "knex";
import { type Db, openDatabase, transaction } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import { command, query } from "../../src/database/statements.ts";
import { createDatabase, databaseKind, type TestDatabase } from "../support/databases.ts";

const add = command("INSERT INTO guests (sub, state, created_at, updated_at) VALUES (?, 'active', 0, 0)");
const rename = command("UPDATE guests SET name = ? WHERE sub = ?");
const list = query<{ sub: string; name: string | null }>("SELECT sub, name FROM guests ORDER BY sub");

describe("a transaction", () => {
  let database: TestDatabase;
  let db: Knex;

  beforeEach(async () => {
    database = await createDatabase();
    db = openDatabase({ url: database.url, poolSize: 4 });
    await migrate(db);
  });
  afterEach(async () => {
    await db.destroy();
    await database.remove();
  });

  const subs = async () => (await list(db)).map(({ sub }) => sub);

  it("keeps all its work", async () => {
    const changed = await transaction(db, async (trx) => {
      await add(trx, "a");
      await add(trx, "b");
      return rename(trx, "Ada", "a");
    });
    expect(changed).to.equal(1);
    expect(await list(db)).to.deep.equal([
      { sub: "a", name: "Ada" },
      { sub: "b", name: null },
    ]);
  });

  it("keeps nothing where the work fails, and says why it failed", async () => {
    const failed = await transaction(db, async (trx) => {
      await add(trx, "a");
      throw new Error("on second thoughts");
    }).catch((error: Error) => error.message);
    expect(failed).to.equal("on second thoughts");
    expect(await subs()).to.deep.equal([]);
  });

  it("keeps nothing where a statement fails, and the database goes on", async () => {
    await add(db, "a");
    const again = transaction(db, async (trx) => {
      await add(trx, "b");
      await add(trx, "a");
    });
    expect(await again.then(() => "kept").catch(() => "refused")).to.equal("refused");
    await add(db, "c");
    expect(await subs()).to.deep.equal(["a", "c"]);
  });

  it("is isolated from others that run at the same time", async () => {
    const work = (sub: string, fails: boolean) =>
      transaction(db, async (trx) => {
        await add(trx, sub);
        if (fails) throw new Error("no");
      }).catch(() => undefined);
    await Promise.all(Array.from({ length: 20 }, (_, index) => work(String.fromCharCode(97 + index), index % 2 === 1)));
    expect((await subs()).join("")).to.equal("acegikmoqs");
  });

  it("refuses a statement that comes after its end", async () => {
    const trx = await transaction(db, async (open) => open);
    const late = await add(trx as Db, "late").catch((error: Error) => error.message);
    expect(late).to.equal("a statement was run after the end of its transaction");
    expect(await subs()).to.deep.equal([]);
  });

  if (databaseKind === "sqlite") {
    it("releases its statements when the database is closed: SQLite leaves one tidy file", async () => {
      await transaction(db, (trx) => add(trx, "a"));
      await db.destroy();
      const directory = dirname(database.url.slice("sqlite:".length));
      expect(await readdir(directory)).to.deep.equal(["test.db"]);
    });
  }
});
