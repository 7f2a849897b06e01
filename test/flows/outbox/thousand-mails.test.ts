import { randomInt } from "node:crypto";
import { expect } from "chai";
import { ServerProcess } from "../../support/command.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";

const mails = 1000;

describe("a thousand mails and two processes, one of which is killed at a random moment", function () {
  this.timeout(180_000);
  let survivor: Guestpass;

  before(async () => {
    survivor = await Guestpass.start();
  });
  after(() => survivor.stop());

  it("are each accepted once, or once more where that is on record as in doubt", async () => {
    const { app } = survivor.server;
    const port = String(await freePort());
    const other = await ServerProcess.start({ ...survivor.settings, GUESTPASS_PORT: port, GUESTPASS_ISSUER: `http://localhost:${port}` });
    const killAfter = randomInt(100, 800);
    const killed = survivor.mail.until(() => survivor.mail.mails.length >= killAfter).then(() => other.kill("SIGKILL"));
    for (let mail = 0; mail < mails; mail++) await enqueue(app, `guest-${mail}@example.com`, mail % 3 === 0 ? "invitation" : "notice");
    await killed;
    survivor.clock.advance({ minutes: 2, seconds: 1 });
    const recipients = () => new Set(survivor.mail.mails.map(({ to }) => to)).size;
    while (recipients() < mails) {
      const before = survivor.mail.mails.length;
      await survivor.mail.until(() => survivor.mail.mails.length > before);
    }
    const doubts = await app.db("outbox_attempts").where({ outcome: "unknown" }).pluck("mail_id");
    const inDoubt = new Set(await app.db("outbox").whereIn("id", doubts).pluck("recipient"));
    const counts = new Map<string, number>();
    for (const { to } of survivor.mail.mails) counts.set(to, (counts.get(to) ?? 0) + 1);
    const twice = [...counts].filter(([, count]) => count > 1);
    expect(
      twice.filter(([to, count]) => count > 2 || !inDoubt.has(to)),
      `killed after ${killAfter}`,
    ).to.deep.equal([]);
    expect(doubts.length).to.be.at.most(20);
  });
});
