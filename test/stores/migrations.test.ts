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
});
