import { expect } from "chai";
import type { Knex } from "knex";
import { Audit, operator } from "../../src/audit/audit.ts";
import { announcer, type Consequences } from "../../src/changes/changes.ts";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import { query } from "../../src/database/statements.ts";
import { parseAddress } from "../../src/guests/address.ts";
import { Guests } from "../../src/guests/guests.ts";
import { deriveSecrets } from "../../src/secrets.ts";
import { testClock } from "../../src/testing/clock.ts";
import { createDatabase, type TestDatabase } from "../support/databases.ts";

const stateOf = query<{ state: string }>("SELECT state FROM guests WHERE sub = ?");
const none: Consequences = {
  "guest.updated": [],
  "guest.suspended": [],
  "guest.erased": [],
  "guest.left": [],
  "guest.merged": [],
  "mailbox.given-up": [],
  "mailbox.undeliverable": [],
  "aliases.changed": [],
  "aliases.undone": [],
  "invitation.extended": [],
  "invitation.revoked": [],
  "application.rules-changed": [],
  "application.added": [],
  "application.removed": [],
  "settings.rules-changed": [],
};

describe("what a change sets off", () => {
  let database: TestDatabase;
  let db: Knex;
  before(async () => {
    database = await createDatabase();
    db = openDatabase({ url: database.url, poolSize: 2 });
    await migrate(db);
  });
  after(async () => {
    await db.destroy();
    await database.remove();
  });

  async function suspendOne(suspended: Consequences["guest.suspended"]) {
    const clock = testClock;
    const audit = new Audit({ db, clock, key: deriveSecrets("x".repeat(43)).audit });
    const guests = new Guests({ db, clock, audit, announce: announcer(() => ({ ...none, "guest.suspended": suspended })) });
    const address = parseAddress(`${crypto.randomUUID()}@example.com`);
    if (!address) throw new Error("not an address");
    const { sub } = await guests.add(address, {}, operator);
    const outcome = await guests.suspend(sub, "left", operator).catch((error: Error) => error.message);
    return { outcome, state: (await guests.findBySub(sub))?.state };
  }

  it("happens in the order of the table, within the transaction of the change", async () => {
    const seen: string[] = [];
    const suspended = await suspendOne([
      async (trx, { sub, by }) => {
        const [row] = await stateOf(trx, sub);
        seen.push(`${by.who} sees ${row?.state}`);
      },
      async () => void seen.push("second"),
    ]);
    expect(suspended).to.deep.equal({ outcome: true, state: "suspended" });
    expect(seen).to.deep.equal(["operator sees suspended", "second"]);
  });

  it("undoes the change where it fails", async () => {
    const suspended = await suspendOne([async () => Promise.reject(new Error("the sessions could not be ended"))]);
    expect(suspended).to.deep.equal({ outcome: "the sessions could not be ended", state: "invited" });
  });
});
