import { expect } from "chai";
import { databaseKind } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Guestpass } from "../support/guestpass.ts";
import { statementsOf } from "../support/statements.ts";

// PostgreSQL chooses by how many rows there are; SQLite, without statistics, by what is written.
if (databaseKind === "sqlite") {
  describe("a server that has nothing to do", () => {
    it("finds that out through an index of what is due, however many sessions and logouts there are", async () => {
      const guestpass = await Guestpass.start();
      const { db, sessions, logouts } = guestpass.server.app;
      sessions.run(20);
      logouts.run(20);
      const ran = await statementsOf((soFar) =>
        eventually("both have looked", () => ["check_at <= ?", "UPDATE logouts"].every((part) => soFar.some((sql) => sql.includes(part)))),
      );
      const plans: string[] = [];
      for (const sql of new Set(ran.filter((each) => /check_at <= \?|UPDATE logouts/.test(each)))) {
        const steps = await db.raw<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, Array(sql.split("?").length - 1).fill(1));
        plans.push(...steps.map(({ detail }) => detail));
      }
      await guestpass.stop();
      expect(plans.join("\n")).to.contain("oidc_artifacts_to_check (check_at<?)").and.to.contain("logouts_waiting (next_attempt_at<?)");
      expect(plans.join("\n")).not.to.match(/SCAN|TEMP B-TREE/);
    });
  });
}
