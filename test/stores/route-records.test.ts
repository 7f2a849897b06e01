import { expect } from "chai";
import { databaseKind } from "../support/databases.ts";
import { Guestpass } from "../support/guestpass.ts";
import { statementsOf } from "../support/statements.ts";

describe("what each route did today", () => {
  it("is found through indexes, however many mails are kept", async () => {
    const guestpass = await Guestpass.start();
    const { db, outbox } = guestpass.server.app;
    const ran = await statementsOf(() => outbox.routeRecords());
    const [sql = ""] = ran.filter((each) => each.includes("outbox_attempts a"));
    const plan = await db.transaction(async (trx) => {
      if (databaseKind === "sqlite") return trx.raw(`EXPLAIN QUERY PLAN ${sql}`, [1, 1]);
      // With no rows at all it would read the whole table.
      await trx.raw("SET LOCAL enable_seqscan = off");
      return (await trx.raw(`EXPLAIN ${sql}`, [1, 1])).rows;
    });
    await guestpass.stop();
    const text = JSON.stringify(plan);
    expect(text)
      .to.contain("outbox_created")
      .and.contain("outbox_waiting")
      .and.match(/outbox_attempts_(pkey|1)/);
    expect(text).to.not.match(/SCAN (outbox|a)"|Seq Scan/);
  });
});
