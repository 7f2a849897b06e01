import { expect } from "chai";
import type { Knex } from "knex";
import * as oidc from "openid-client";
import { databaseKind } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Guestpass } from "../support/guestpass.ts";
import { comesByTheClock, statementsOf } from "../support/statements.ts";

// PostgreSQL chooses by how many rows there are; SQLite, without statistics, by what is written.
if (databaseKind === "sqlite") {
  describe("what is asked of the database finds its rows through an index, however many there are", () => {
    let guestpass: Guestpass;

    before(async () => {
      guestpass = await Guestpass.start();
    });
    after(() => guestpass.stop());

    it("in a sign-in, from the authorization request to userinfo, the mail included", async () => {
      const application = await guestpass.register("files");
      const ran = await statementsOf(async (soFar) => {
        const request = await guestpass.authorizationRequest(application);
        const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
        await eventually("the mail is settled", () => soFar.some((sql) => sql.includes("settled_at = ?, content = ''")));
        const tokens = await guestpass.redeem(request, answer);
        await oidc.fetchUserInfo(request.config, tokens.access_token, tokens.claims()?.sub as string);
      });
      for (const sql of new Set(ran.filter((each) => !/^(BEGIN|COMMIT)/.test(each) && !comesByTheClock(each)))) {
        expect((await planOf(guestpass.server.app.db, sql)).filter(looksThroughMany), sql).to.deep.equal([]);
      }
    });

    it("when a server that has nothing to do looks for sessions and logouts that are due", async () => {
      const { db, sessions, logouts } = guestpass.server.app;
      sessions.run(20);
      logouts.run(20);
      const ran = await statementsOf((soFar) =>
        eventually("both have looked", () => ["check_at <= ?", "UPDATE logouts"].every((part) => soFar.some((sql) => sql.includes(part)))),
      );
      const plans: string[] = [];
      for (const sql of new Set(ran.filter((each) => /check_at <= \?|UPDATE logouts/.test(each)))) plans.push(...(await planOf(db, sql)));
      expect(plans.join("\n")).to.contain("oidc_artifacts_to_check (check_at<?)").and.to.contain("logouts_waiting (next_attempt_at<?)");
      expect(plans.join("\n")).not.to.match(/SCAN|TEMP B-TREE/);
    });
  });
}

async function planOf(db: Knex, sql: string): Promise<string[]> {
  const steps = await db.raw<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, Array(sql.split("?").length - 1).fill(1));
  return steps.map(({ detail }) => detail);
}

/** All rows of a table, or all on one side of a value. What the statement itself brings along (the limits asked for, constants) are few. */
function looksThroughMany(step: string): boolean {
  return /^SCAN (?!asked|a$|CONSTANT|\d)/.test(step) || /^SEARCH .*\(\w+[<>]/.test(step);
}
