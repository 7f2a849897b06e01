import { expect } from "chai";
import { migrationNames } from "../../migrations/index.ts";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import { createDatabase, databaseKind, type TestDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";

describe("bringing the schema up to date", () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(() => database.remove());

  it("works for several processes that start at once on an empty database", async () => {
    // SQLite waits on threads, of which one process has four.
    const handles = Array.from({ length: 3 }, () => openDatabase({ url: database.url, poolSize: 1 }));
    try {
      await Promise.all(handles.map(migrate));
      for (const db of handles) expect(await db.select("*").from("guests")).to.deep.equal([]);
    } finally {
      await Promise.all(handles.map((db) => db.destroy()));
    }
  });

  it("is refused in a sentence for the person who starts it, and changes nothing, where the database does not let it", async () => {
    const db = openDatabase({ url: database.url, poolSize: 1 });
    try {
      await db.schema.createTable("guests", (table) => void table.integer("somebody_else_s"));
      const refusal = await migrate(db).catch((error: Error) => error);
      expect(refusal).to.include({ name: "InputError" });
      expect((refusal as Error).message).to.match(
        /^The database cannot be updated: [^"`]*["`]?guests["`]? already exists\. GUESTPASS_DATABASE_URL says/,
      );
      expect(await db.schema.hasTable("applications")).to.equal(false);
    } finally {
      await db.destroy();
    }
  });

  it("is refused in a sentence on a database that has other migrations and lacks some of ours", async () => {
    const db = openDatabase({ url: database.url, poolSize: 1 });
    try {
      await migrate(db);
      await db("knex_migrations").insert({ name: "0099-later", batch: 2, migration_time: new Date(0) });
      await db("knex_migrations")
        .where({ name: migrationNames.at(-1) })
        .del();
      const refusal = await migrate(db).catch((error: Error) => error);
      expect(refusal).to.include({ name: "InputError" });
      expect((refusal as Error).message).to.match(/^The database was made by another version of Guestpass, with 0099-later and without /);
    } finally {
      await db.destroy();
    }
  });

  if (databaseKind === "postgres") {
    it("releases its locks where a table is in use for long, and tries again", async () => {
      const [ours, theirs] = [openDatabase({ url: database.url, poolSize: 1 }), openDatabase({ url: database.url, poolSize: 2 })];
      try {
        await migrate(ours);
        await ours("knex_migrations").where({ name: "0013-api" }).del();
        await ours.schema.dropTable("idempotency_keys");
        const long = await theirs.transaction();
        await long.raw("LOCK TABLE knex_migrations IN SHARE MODE");
        const migrated = migrate(ours);
        const waits = async () => {
          const { rows } = await theirs.raw("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'knex_migrations'::regclass");
          return rows.length > 0;
        };
        await eventually("it waits", waits);
        await eventually("it waits no longer", async () => !(await waits()));
        await long.rollback();
        expect(await migrated).to.deep.equal(["0013-api"]);
      } finally {
        await Promise.all([ours.destroy(), theirs.destroy()]);
      }
    });
  }
});
