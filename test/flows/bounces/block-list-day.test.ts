// The sender's address is on a block list for a day: the first route's server refuses every mail for it.
import { expect } from "chai";
import { MailServer } from "../../../src/testing/mail-server.ts";
import { startWithAdmin } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";

const administrator = "admin@idp.example";
const guests = 1000;
/** Spread over a day. */
const hours = 10;

describe("a day on a block list, with 1,000 guests", () => {
  it("suspends and marks nobody, is told once, and all codes go by the second route", async () => {
    const [first, second] = [await new MailServer().start(), await new MailServer().start()];
    const routes = [
      { name: "first", url: first.url },
      { name: "second", url: second.url },
    ];
    const guestpass = await Guestpass.start({
      GUESTPASS_SMTP_URL: "",
      GUESTPASS_SMTP_ROUTES: JSON.stringify(routes),
      GUESTPASS_SUSPEND_AFTER_REFUSALS: "1",
      GUESTPASS_ALERT_TO: administrator,
    });
    try {
      const { app } = guestpass.server;
      first.answer = () => ({ code: 550, text: "AB-001 mail from 192.0.2.10 was not taken, part of that network is on our block list" });
      for (let hour = 0; hour < hours; hour++) {
        const addresses = Array.from({ length: guests / hours }, (_, index) => `guest${hour}-${index}@example.com`);
        for (const address of addresses) {
          await guestpass.addGuest(address);
          await enqueue(app, address, "code");
        }
        await eventually("they are sent", async () => (await app.outbox.list({ state: "queued" })).length === 0, 60);
        await app.sweep();
        guestpass.clock.advance({ hours: 1 });
      }
      const codes = second.mails.filter(({ to }) => to !== administrator);
      expect(new Set(codes.map(({ to }) => to)).size).to.equal(guests);
      expect(first.mails).to.have.length(0);
      const { admin } = await startWithAdmin(guestpass);
      expect((await admin.get("/guests?state=suspended")).body["items"]).to.deep.equal([]);
      expect(await app.mailboxes.countUndeliverable()).to.equal(0);
      const told = second.to(administrator).map(({ parsed }) => parsed.subject);
      expect(told).to.deep.equal(["A mail server refuses your mail to many recipients"]);
    } finally {
      await guestpass.stop();
      await first.stop();
      await second.stop();
    }
  }).timeout(300_000);
});
