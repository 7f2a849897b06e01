import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { enqueue } from "../../support/queued-mail.ts";

describe("a mail that a server took while the database was away", () => {
  it("is noted once the database is back, and not sent again", async () => {
    const { log, lines } = memoryLog();
    const guestpass = await Guestpass.start({}, { log });
    const { app } = guestpass.server;
    try {
      guestpass.mail.answerToMail = async () => {
        await app.db.schema.renameTable("outbox", "outbox_away");
        return undefined;
      };
      const id = await enqueue(app, "ada@example.com");
      await eventually("nobody could note it", () => lines.some((line) => line.includes("could not be recorded")));
      await app.db.schema.renameTable("outbox_away", "outbox");
      await eventually("it is noted", async () => (await app.outbox.show(id))?.mail.state === "sent");
      guestpass.clock.advance({ minutes: 3 });
      await app.sweep();
      expect((await app.outbox.show(id))?.attempts.map(({ outcome }) => outcome)).to.deep.equal(["accepted"]);
      expect(guestpass.mail.to("ada@example.com")).to.have.length(1);
    } finally {
      await guestpass.stop();
    }
  });
});
