// Nobody gathers statistics before the first guest comes. What is asked of the database when somebody types an address takes the same way on
// an empty database as on a full one, with statistics and without: how long it takes would tell who is invited.
import { expect } from "chai";
import type { Knex } from "knex";
import { keepStatistics } from "../../src/database/database.ts";
import { databaseKind } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { stepsOf } from "../support/plans.ts";
import { comesByTheClock, statementsOf } from "../support/statements.ts";

const guests = 3000;

describe("asking for a code and using it", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let db: Knex;
  let signIns = 0;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files", { admission: "invited" });
    ({ db } = guestpass.server.app);
  });
  after(() => guestpass.stop());

  const statementsFor = async (address: string) => {
    const statements = await statementsOf(async (soFar) => {
      const mails = guestpass.mail.to(address).length;
      await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application), address);
      await guestpass.mail.wait(address, mails + 1);
      await eventually("the mail is settled", () => soFar.some((sql) => /^UPDATE outbox SET state = \?, settled_at/.test(sql)));
    });
    return statements.filter((sql) => !/^(BEGIN|COMMIT)/.test(sql) && !comesByTheClock(sql));
  };
  /** Of a guest who was invited, up to the application. */
  const signInStatements = async () => {
    const address = `invited${++signIns}@example.com`;
    await invite(address);
    return statementsOf(async () => {
      await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(application), address);
    });
  };
  const invite = async (address: string) => {
    const body = { client_id: "files", email: address, send_mail: false };
    await guestpass.server.app.admin("createInvitation", { body });
  };

  async function expectWays(when: string, about = /./): Promise<void> {
    const statements = (await signInStatements()).filter((sql) => !/^(BEGIN|COMMIT)/.test(sql) && !comesByTheClock(sql));
    for (const sql of new Set(statements.filter((each) => about.test(each))))
      expect((await stepsOf(db, sql)).filter(looksThroughMany), `${when}: ${sql}`).to.deep.equal([]);
  }

  it("finds its rows by the address and the guest, never by the application, whatever there is", async () => {
    if (databaseKind === "sqlite") await expectWays("empty");
    await fill();
    await expectWays("full");
    await keepStatistics(db);
    // One by one: of catalogs that all databases share, another test may be gathering them at the moment.
    for (const table of ["invitations", "aliases", "guests", "mailboxes", "oidc_artifacts"]) await db.raw(`ANALYZE ${table}`);
    // Of a table with a few rows it may well read all of them, now that it knows.
    await expectWays("full, with statistics", /invitations/);
  });

  it("runs the same statements for an address that is invited, one that is known and one that nobody has", async () => {
    await guestpass.addGuest("known@example.com");
    const invited = await statementsFor("guest7@example.com");
    const known = await statementsFor("known@example.com");
    const unknown = await statementsFor("nobody@example.com");
    expect([invited.length, known.length]).to.deep.equal([unknown.length, unknown.length]);
    expect(invited.toSorted()).to.deep.equal(unknown.toSorted());
    expect(known.toSorted()).to.deep.equal(unknown.toSorted());
  });

  /** As inviting would leave it, without its time. */
  async function fill(): Promise<void> {
    const at = Date.now();
    const numbers = Array.from({ length: guests }, (_, index) => index);
    const times = { created_at: at, updated_at: at };
    const people = numbers.map((n) => ({ sub: `sub${n}`, state: "invited", ...times }));
    const mailboxes = numbers.map((n) => ({ id: `box${n}`, guest_sub: `sub${n}` }));
    await db.batchInsert("guests", people, 100);
    await db.batchInsert("mailboxes", mailboxes, 100);
    const aliases = numbers.map((n) => ({
      address: `guest${n}@example.com`,
      address_key: `guest${n}@example.com`,
      search_text: `guest${n}@example.com`,
      domain: "example.com",
      guest_sub: `sub${n}`,
      mailbox_id: `box${n}`,
      is_primary: 1,
      created_at: at,
      guest_created_at: at,
    }));
    await db.batchInsert("aliases", aliases, 50);
    const ids: { id: number; guest_sub: string }[] = await db("aliases").select("id", "guest_sub").where("guest_sub", "like", "sub%");
    const invitations = ids.map(({ id, guest_sub }) => ({
      id: `invitation-${guest_sub}`,
      client_id: "files",
      guest_sub,
      alias_id: id,
      target_url: "",
      ...times,
      redeem_by: at + 86_400_000,
      guest_created_at: at,
    }));
    await db.batchInsert("invitations", invitations, 50);
  }
});

/** All rows of a table, all on one side of a value, or all that an application has. */
function looksThroughMany(step: string): boolean {
  if (databaseKind === "postgres") return /Seq Scan on (invitations|aliases|guests|mailboxes|oidc_artifacts)\b/.test(step);
  const few = /^SCAN (asked|[ap]$|CONSTANT|\d)/.test(step);
  const bySome = /^SEARCH (?!.*\bTABLE applications)(i|invitations)\b.*\(client_id=\?\)/.test(step);
  // MIN over an index reads its first entry alone.
  const first = /^SEARCH (TABLE )?aliases USING COVERING INDEX aliases_address_key_unique \(address_key>\?\)$/.test(step);
  return (/^SCAN /.test(step) && !few) || (/^SEARCH .*\(\w+[<>]/.test(step) && !first) || bySome;
}
