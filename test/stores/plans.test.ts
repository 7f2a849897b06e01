import { expect } from "chai";
import type { Knex } from "knex";
import * as oidc from "openid-client";
import { type AuditEvent, operator } from "../../src/audit/audit.ts";
import { transaction } from "../../src/database/database.ts";
import type { Guest } from "../../src/guests/guest.ts";
import { databaseKind } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Guestpass } from "../support/guestpass.ts";
import { comesByTheClock, statementsOf } from "../support/statements.ts";

// PostgreSQL chooses by how many rows there are; SQLite, without statistics, by what is written.
if (databaseKind === "sqlite") {
  describe("every query finds its rows through an index, however many there are", () => {
    let guestpass: Guestpass;

    before(async () => {
      guestpass = await Guestpass.start();
      // The trail is sealed by the clock, whoever the address belongs to.
      await guestpass.server.app.audit.stop();
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

    it("in the list of invitations whose mail came back: in order, each mail by its id", async () => {
      const { db, admin } = guestpass.server.app;
      const ran = await statementsOf(() => admin("listInvitations", { query: { mail: "bounced" } }));
      const listing = ran.filter((sql) => sql.includes("FROM outbox o"));
      expect(listing).to.have.length(1);
      const plan = await planOf(db, listing[0] as string);
      expect(plan.join("\n"))
        .to.match(/SEARCH o USING INDEX \w+ \(id=\?\)/)
        .and.to.match(/SCAN i USING INDEX \w+created_at/);
    });

    it("in the lists of what ends soon: by when it ends", async () => {
      const { db, admin } = guestpass.server.app;
      const soon = new Date(guestpass.clock.now() + 86_400_000).toISOString();
      const ran = await statementsOf(async () => {
        await admin("listGuests", { query: { expires_before: soon } });
        await admin("listInvitations", { query: { ends_before: soon } });
      });
      const [guests = "", invitations = ""] = ran.filter((sql) => /expires_at < \? LIMIT|ELSE i.redeem_by END\) < \? *LIMIT/.test(sql));
      expect((await planOf(db, guests)).join("\n")).to.contain("guests_expires (expires_at>? AND expires_at<?)");
      expect((await planOf(db, invitations)).join("\n")).to.contain("invitations_ends (<expr>>? AND <expr><?)");
    });

    it("in the events that an application follows: the trail from a place on, a guest's rows by the guest", async () => {
      const { db, events, lifeCycle, guests } = guestpass.server.app;
      const sub = await guestpass.addGuest("grace@example.com");
      await lifeCycle.erase((await guests.findBySub(sub)) as Guest, operator);
      const ran = await statementsOf(() => events.read({ clientId: "files", limit: 100 }));
      const plans: string[] = [];
      for (const sql of new Set(ran.filter((each) => /FROM audit WHERE/.test(each)))) plans.push(...(await planOf(db, sql)));
      expect(plans.join("\n"))
        .to.contain("audit_position_unique (position>? AND position<?)")
        .and.to.contain("audit_guest_sub_index (guest_sub=?)");
      expect(plans.join("\n")).not.to.match(/SCAN/);
    });

    it("when many rows of the trail are sealed at once: each row by its id, with statistics of a short trail too", async () => {
      const { db, audit } = guestpass.server.app;
      const write = () =>
        transaction(db, (trx) => audit.record(trx, ...Array<AuditEvent>(300).fill({ action: "session.over", by: operator })));
      await write();
      await audit.seal();
      await db.raw("ANALYZE audit");
      await write();
      const sealing = (await statementsOf(() => audit.seal())).filter((sql) => sql.includes("WITH sealed"));
      const longest = sealing.toSorted((one, other) => other.length - one.length)[0] ?? "";
      const steps = (await planOf(db, longest)).filter((step) => step.includes("audit"));
      expect(steps).to.have.length(1);
      expect(steps[0]).to.match(/^SEARCH audit .*\(id=\?\)$/);
    });

    it("in the sign-ins and codes of a day: each in the index of its action alone", async () => {
      const { db, admin } = guestpass.server.app;
      const ran = await statementsOf(() => admin("readStatistics"));
      const [counting = ""] = ran.filter((sql) => sql.includes("AS sign_ins"));
      expect((await planOf(db, counting)).join("\n"))
        .to.contain("COVERING INDEX audit_sign_ins (at>? AND at<?)")
        .and.to.contain("COVERING INDEX audit_codes (at>? AND at<?)");
    });

    it("when a server that has nothing to do looks for sessions and logouts that are due", async () => {
      const { db, sessions, logouts } = guestpass.server.app;
      sessions.run(20);
      logouts.run(20);
      const ran = await statementsOf((soFar) =>
        eventually("both have looked", () => ["check_at <= ?", "UPDATE logouts"].every((part) => soFar.some((sql) => sql.includes(part)))),
      );
      const plans: string[] = [];
      // What a clock ahead has misdated is looked for among all that waits.
      const looked = ran.filter((each) => /check_at <= \?|UPDATE logouts/.test(each) && !/CASE WHEN next_attempt_at/.test(each));
      for (const sql of new Set(looked)) plans.push(...(await planOf(db, sql)));
      expect(plans.join("\n")).to.contain("oidc_artifacts_to_check (check_at<?)").and.to.contain("logouts_waiting (next_attempt_at<?)");
      expect(plans.join("\n")).not.to.match(/SCAN|TEMP B-TREE/);
    });

    it("when a rule changed, and when an application is removed: sessions by their key, tokens by application and guest", async () => {
      const { db, sessions, settings, applications } = guestpass.server.app;
      for (const clientId of ["notes", "wiki"]) {
        const application = await guestpass.register(clientId, { admission: "anyone" });
        await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(application), "ada@example.com");
      }
      sessions.run(20);
      const through = () => eventually("it is through", async () => (await db("session_checks")).length === 0);
      const ran = await statementsOf(async (soFar) => {
        await settings.update({ reverificationDays: 20 }, operator);
        await through();
        await eventually("it is noted", () => soFar.some((sql) => sql.includes("WITH looked")));
        await applications.remove("wiki", operator);
        await through();
      });
      const asked = [...new Set(ran)].filter((sql) => /oidc_artifacts|invitations i/.test(sql) && !sql.includes("check_at > ?"));
      for (const part of [
        "AND id_hash > ? ORDER BY id_hash LIMIT ?",
        "WITH looked",
        "client_id = ? AND account_id IS NULL",
        "client_id = ? LIMIT ?",
      ])
        expect(
          asked.some((sql) => sql.includes(part)),
          part,
        ).to.equal(true);
      for (const sql of asked) {
        const plan = (await planOf(db, sql)).join("\n");
        expect(plan, sql).not.to.match(/SCAN (oidc_artifacts|invitations|i$)|\(model=\?\)$/m);
        if (sql.includes("WITH looked")) expect(plan).to.contain("(model=? AND id_hash=?)");
      }
    });
  });
}

async function planOf(db: Knex, sql: string): Promise<string[]> {
  const steps = await db.raw<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, Array(sql.split("?").length - 1).fill(1));
  return steps.map(({ detail }) => detail);
}

/** All rows of a table, or all on one side of a value. What the statement itself brings along (the limits asked for, constants) are few. */
function looksThroughMany(step: string): boolean {
  // MIN over an index reads its first entry alone.
  const first = /^SEARCH (TABLE )?aliases USING COVERING INDEX aliases_address_key_unique \(address_key>\?\)$/.test(step);
  return /^SCAN (?!asked|a$|CONSTANT|\d)/.test(step) || (/^SEARCH .*\(\w+[<>]/.test(step) && !first);
}
