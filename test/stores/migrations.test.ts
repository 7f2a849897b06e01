import { expect } from "chai";
import { migrate, openDatabase } from "../../src/database.ts";
import { createDatabase, type TestDatabase } from "../support/databases.ts";

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

  it("is refused in words for whoever starts it, and changes nothing, where the database does not let it", async () => {
    const db = openDatabase({ url: database.url, poolSize: 1 });
    try {
      await db.schema.createTable("guests", (table) => void table.integer("somebody_else_s"));
      const refusal = await migrate(db).catch((error: Error) => error);
      expect(refusal).to.include({ name: "InputError" });
      expect((refusal as Error).message).to.match(
        /^The database cannot be brought up to date: [^"`]*["`]?guests["`]? already exists\. GUESTPASS_DATABASE_URL says/,
      );
      expect(await db.schema.hasTable("applications")).to.equal(false);
    } finally {
      await db.destroy();
    }
  });
});
