import { expect } from "chai";
import { MailServer } from "../../../src/testing/mail-server.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";

const admin = "admin@idp.example";
const other = "second@idp.example";
const refusedGuests = /@example\.com$/;

describe("administrators are told what needs their attention", () => {
  let guestpass: Guestpass;

  afterEach(() => guestpass.stop());

  async function start(settings: Record<string, string> = {}) {
    guestpass = await Guestpass.start({ GUESTPASS_ALERT_TO: `${admin}, ${other}`, ...settings });
    guestpass.mail.answer = (to) => (refusedGuests.test(to) ? { code: 550, text: "5.1.1 no such user" } : undefined);
  }
  /** A mail that its server refuses, and which is therefore parked. */
  async function refused(address: string): Promise<void> {
    const id = await enqueue(guestpass.server.app, address, "notice");
    await eventually("it is parked", async () => (await guestpass.server.app.outbox.show(id))?.mail.state === "parked");
  }
  const subjectsTo = (address: string) => guestpass.mail.to(address).map(({ parsed }) => parsed.subject);
  /** All that has been enqueued for an administrator, sent or not. */
  const alerts = async () => (await guestpass.server.app.outbox.list({ recipient: admin, most: 100 })).length;

  it("of a mailbox that refuses mail, once, with whose it is and what the server said", async () => {
    await start();
    const sub = await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
    await guestpass.server.app.audit.seal();
    await refused("ada@example.com");
    await refused("ada@example.com");
    for (const address of [admin, other]) {
      const [mail] = await guestpass.mail.wait(address);
      expect(mail?.parsed.subject).to.equal("Mail to a guest does not arrive");
      for (const words of ["Ada Lovelace", "ada@example.com", "5.1.1 no such user", `guestpass guest show ${sub}`])
        expect(mail?.parsed.text?.replace(/[\u2066-\u2069]/g, "")).to.contain(words);
      expect(mail?.parsed.replyTo).to.equal(undefined);
      const rows = Number(/Audit trail, rows\s*\W*(\d+)/.exec(mail?.parsed.text ?? "")?.[1]);
      expect(rows, "how far the audit trail had come").to.be.within(1, await guestpass.server.app.audit.height());
    }
    expect(await alerts()).to.equal(1);
    guestpass.clock.advance({ days: 2 });
    await refused("ada@example.com");
    expect(await alerts(), "it is marked already").to.equal(1);
  });

  it("of a guest who was suspended for it", async () => {
    await start({ GUESTPASS_SUSPEND_AFTER_REFUSALS: "1" });
    await guestpass.addGuest("ada@example.com");
    await refused("ada@example.com");
    await guestpass.mail.wait(admin);
    expect(subjectsTo(admin)).to.deep.equal(["A guest was suspended because mail does not arrive"]);
  });

  it("of mails that were given up, once a day, however many", async () => {
    await start();
    const { app } = guestpass.server;
    for (const address of ["a@example.com", "b@example.com", "c@example.com"]) await refused(address);
    await Promise.all([app.sweep(), app.sweep()]);
    const [mail] = await guestpass.mail.wait(admin);
    expect(mail?.parsed.subject).to.equal("Mail that could not be sent is waiting for you");
    expect(mail?.parsed.text)
      .to.match(/Mails: .?3/)
      .and.contain("550 5.1.1");
    await refused("d@example.com");
    await app.sweep();
    expect(await alerts()).to.equal(1);
    guestpass.clock.advance({ days: 1, minutes: 1 });
    await app.sweep();
    expect(await alerts(), "of the one that was given up since").to.equal(2);
    guestpass.clock.advance({ days: 1, minutes: 1 });
    await app.sweep();
    expect(await alerts(), "nothing new").to.equal(2);
  });

  it("not of their own mails that were given up", async () => {
    await start();
    const { app } = guestpass.server;
    guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 no such user" });
    await refused("a@example.com");
    await app.sweep();
    await eventually("those are parked too", async () => (await app.outbox.list({ recipient: admin, state: "parked" })).length === 1);
    guestpass.clock.advance({ days: 1, minutes: 1 });
    await app.sweep();
    expect(await alerts()).to.equal(1);
  });

  it("of a route that does not answer for minutes, by another one, and not of one that is soon back", async () => {
    const backup = await new MailServer().start();
    try {
      const down = `smtp://mailer:hunter2@127.0.0.1:${await freePort()}`;
      const routes = [
        { name: "relay", url: down },
        { name: "backup", url: backup.url },
      ];
      await start({ GUESTPASS_SMTP_URL: "", GUESTPASS_SMTP_ROUTES: JSON.stringify(routes) });
      const { app } = guestpass.server;
      for (let mail = 0; mail < 6; mail++) {
        await enqueue(app, `guest${mail}@example.org`);
        await backup.wait(`guest${mail}@example.org`);
      }
      await app.sweep();
      expect(await alerts()).to.equal(0);
      guestpass.clock.advance({ minutes: 3 });
      await enqueue(app, "guest6@example.org");
      await backup.wait("guest6@example.org");
      guestpass.clock.advance({ minutes: 3 });
      await app.sweep();
      await app.sweep();
      const [mail] = await backup.wait(admin);
      expect(mail?.parsed.subject).to.equal("A mail server cannot be reached");
      expect(mail?.parsed.text)
        .to.match(/127\.0\.0\.1:\d+/)
        .and.match(/ESOCKET|ECONNREFUSED/);
      expect(mail?.raw).to.not.contain("hunter2");
      expect(await alerts()).to.equal(1);
    } finally {
      await backup.stop();
    }
  });

  it("of at most 20 mailboxes a day, and nevertheless of what keeps mail from all", async () => {
    await start();
    const reasons = [..."abcdefghijklmnopqrstuvwxy"];
    // Each for a reason of its own: for one reason it would be a wave.
    guestpass.mail.answer = (to) => (refusedGuests.test(to) ? { code: 550, text: `5.1.1 no such user: ${to.split("@")[0]}` } : undefined);
    for (const guest of reasons) {
      await guestpass.addGuest(`${guest}@example.com`);
      await refused(`${guest}@example.com`);
    }
    expect(await alerts()).to.equal(20);
    await guestpass.server.app.sweep();
    expect(await alerts(), "mails that were given up are told all the same").to.equal(21);
    guestpass.clock.advance({ days: 1, minutes: 1 });
    await guestpass.addGuest("late@example.com");
    await refused("late@example.com");
    expect(await alerts()).to.equal(22);
  });

  it("unless nobody is named", async () => {
    await start({ GUESTPASS_ALERT_TO: "" });
    await guestpass.addGuest("ada@example.com");
    await refused("ada@example.com");
    await guestpass.server.app.sweep();
    expect((await guestpass.server.app.outbox.list({ most: 100 })).map(({ kind }) => kind)).to.deep.equal(["test"]);
  });
});
