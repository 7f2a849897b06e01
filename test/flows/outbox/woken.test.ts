import { randomUUID } from "node:crypto";
import { expect } from "chai";
import pg from "pg";
import { type App, createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/configuration/config.ts";
import { createLog } from "../../../src/log.ts";
import { testClock } from "../../../src/testing/clock.ts";
import type { Reply } from "../../../src/testing/mail-server.ts";
import { databaseKind } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { enqueue, unnoted } from "../../support/queued-mail.ts";
import { statementsOf } from "../../support/statements.ts";

/** Longer than any test: whoever looks only now and then does not look during it. */
const hardlyEver = 3_600_000;

describe("an instance that is not the one that a mail came to", () => {
  let guestpass: Guestpass;
  let other: App;

  before(async () => {
    guestpass = await Guestpass.start();
    other = await createApp(readConfig(guestpass.settings), { clock: testClock, log: createLog("silent") });
  });
  after(async () => {
    await other.close();
    await guestpass.stop();
  });

  it("sends what an administrator resends", async () => {
    guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" });
    const id = await enqueue(other, "ada@example.com");
    await eventually("it is parked", async () => (await other.outbox.show(id))?.mail.state === "parked");
    guestpass.mail.answer = () => undefined;
    await other.outbox.retry(id, unnoted);
    await guestpass.mail.wait("ada@example.com");
  });

  it("takes over what is not finished in time, and is left alone by the one that comes too late", async () => {
    const asked: ((reply: Reply) => void)[] = [];
    guestpass.mail.answer = () => new Promise((resolve) => asked.push(resolve));
    const id = await enqueue(other, "late@example.com");
    await eventually("the one is at it", () => asked.length === 1);
    guestpass.clock.advance({ minutes: 2 });
    await eventually("the other has taken over", () => asked.length === 2);
    await statementsOf((statements) => {
      asked[0]?.({ code: 451, text: "4.3.0 later" });
      return eventually("the one is done", () => statements.some((sql) => sql.includes("SET state = ?, next_attempt_at")));
    });
    guestpass.clock.advance({ seconds: 30 });
    expect((await other.outbox.retry(id, unnoted)).outcome, "it is held").to.equal("settled");
    asked[1]?.(undefined);
    await guestpass.mail.wait("late@example.com");
    await eventually("it is sent", async () => (await other.outbox.show(id))?.mail.state === "sent");
    expect(asked).to.have.length(2);
    expect((await other.outbox.show(id))?.attempts.map(({ attempt, outcome }) => [attempt, outcome])).to.deep.equal([
      [1, "unknown"],
      [2, "accepted"],
    ]);
    guestpass.mail.answer = () => undefined;
  });

  // SQLite has one instance.
  if (databaseKind !== "postgres") return;

  const name = `listener ${randomUUID()}`;
  const listeners = async (client: pg.Client, what: string) =>
    (await client.query(`SELECT ${what} FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%'`, [name])).rowCount;

  it("is woken for it, and again after its connection was lost, without having to look", async () => {
    const url = new URL(guestpass.database.url);
    url.searchParams.set("application_name", name);
    const config = readConfig({ ...guestpass.settings, GUESTPASS_DATABASE_URL: url.href });
    const quiet = await createApp(config, { clock: testClock, log: createLog("silent") });
    const administrator = new pg.Client({ connectionString: process.env["TEST_DATABASE_URL"] });
    await administrator.connect();
    await guestpass.server.close();
    quiet.outbox.run(hardlyEver);
    try {
      for (const address of ["first@example.com", "second@example.com"]) {
        await eventually("it listens", async () => (await listeners(administrator, "pid")) === 1);
        guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" });
        const id = await enqueue(other, address);
        await eventually("it is parked", async () => (await other.outbox.show(id))?.mail.state === "parked");
        guestpass.mail.answer = () => undefined;
        await other.outbox.retry(id, unnoted);
        await guestpass.mail.wait(address);
        await listeners(administrator, "pg_terminate_backend(pid)");
        await eventually("it is lost", async () => (await listeners(administrator, "pid")) === 0);
      }
    } finally {
      await quiet.close();
      await administrator.end();
    }
    expect(guestpass.mail.mails).to.have.length(4);
  });
});
