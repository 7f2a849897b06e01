// What an administrator looks up when something does not work: logouts that did not arrive, and refusals of the token endpoint. Anybody can
// cause either, so there may be very many.
import { expect } from "chai";
import type { Knex } from "knex";
import { keepStatistics } from "../../src/database/database.ts";
import { databaseKind } from "../support/databases.ts";
import { Guestpass } from "../support/guestpass.ts";
import { stepsOf } from "../support/plans.ts";
import { statementsOf } from "../support/statements.ts";

const rows = 3000;

describe("the lists of logouts and of refusals", () => {
  let guestpass: Guestpass;
  let db: Knex;

  before(async () => {
    guestpass = await Guestpass.start();
    await guestpass.register("files");
    ({ db } = guestpass.server.app);
  });
  after(() => guestpass.stop());

  async function statements(): Promise<string[]> {
    const { logouts, refusals } = guestpass.server.app;
    const ran = await statementsOf(async () => {
      const place = { createdAt: 1, id: "id" };
      for (const filter of [{}, { state: "given-up" as const }, { clientId: "files" }])
        for (const before of [undefined, place]) await logouts.list(filter, 50, before);
      for (const clientId of [undefined, "files"])
        for (const before of [undefined, { at: 1, id: "id" }]) await refusals.list(clientId, 50, before);
      refusals.note("files", "a reason of the tests");
      await refusals.stop();
    });
    return [...new Set(ran.filter((sql) => /token_refusals|FROM logouts .*ORDER BY created_at/.test(sql)))];
  }

  async function expectWays(when: string): Promise<void> {
    const asked = await statements();
    expect(asked).to.have.length(11);
    for (const sql of asked) {
      const steps = (await stepsOf(db, sql)).join("\n");
      // Of one application's logouts there are few enough to be sorted.
      if (/FROM logouts .*client_id/.test(sql)) expect(steps).to.match(/client_id|logouts_open/);
      else
        expect(steps, `${when}: ${sql}`).to.not.match(
          /TEMP B-TREE|SCAN (?:logouts|token_refusals)(?! USING (?:COVERING )?INDEX)|Seq Scan|Sort\b/,
        );
    }
  }

  it("are read in order, through an index, whatever there is", async () => {
    if (databaseKind === "sqlite") await expectWays("empty");
    const numbers = Array.from({ length: rows }, (_, index) => index);
    const at = guestpass.clock.now();
    await db.batchInsert(
      "logouts",
      numbers.map((n) => ({
        id: `logout${n}`,
        client_id: n % 2 ? "files" : "other",
        sub: `sub${n}`,
        sid: `sid${n}`,
        state: n % 3 ? "given-up" : "delivered",
        attempts: 1,
        created_at: at - n,
        next_attempt_at: at,
        leased_until: 0,
        settled_at: at,
      })),
      50,
    );
    await db.batchInsert(
      "token_refusals",
      numbers.map((n) => ({
        id: `refusal${n}`,
        client_id: `app${n % 50}`,
        reason: `reason ${n}`,
        times: 1,
        first_at: at - n,
        last_at: at - n,
      })),
      50,
    );
    if (databaseKind === "sqlite") await expectWays("full");
    await keepStatistics(db);
    // One by one: of catalogs that all databases share, another test may be gathering them at the moment.
    for (const table of ["logouts", "token_refusals"]) await db.raw(`ANALYZE ${table}`);
    await expectWays("full, with statistics");
  });
});
