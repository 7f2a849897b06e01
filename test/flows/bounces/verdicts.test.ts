// Who is to blame for a mail's failure, from the notification to the directory and the waiting guest's page.
import { expect } from "chai";
import { createTransport, type NodemailerError } from "nodemailer";
import { codeIn } from "../../../src/testing/mail-server.ts";
import { startWithAdmin } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { type Form, forms } from "../../support/notification-forms.ts";
import { enqueue } from "../../support/queued-mail.ts";
import { knownReplies } from "../../support/replies.ts";

const admin = "admin@idp.example";
const domain = "bounce.idp.example";
const settings = {
  GUESTPASS_BOUNCE_DOMAIN: domain,
  GUESTPASS_BOUNCE_HOST: "127.0.0.1",
  GUESTPASS_BOUNCE_PORT: "0",
  GUESTPASS_SUSPEND_AFTER_REFUSALS: "1",
  GUESTPASS_ALERT_TO: admin,
};

interface Guest {
  sub: string;
  state: string;
  undeliverable_since: string | null;
}

describe("what a notification says", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let directory: Awaited<ReturnType<typeof startWithAdmin>>["admin"];

  beforeEach(async () => {
    guestpass = await Guestpass.start(settings);
    ({ admin: directory } = await startWithAdmin(guestpass));
    files = await guestpass.register("anyone", { admission: "anyone" });
  });
  afterEach(() => guestpass.stop());

  /** @returns undefined if it was accepted, and the listener's words otherwise */
  async function notify(to: string, raw: string): Promise<string | undefined> {
    const port = guestpass.server.bounceListener?.port as number;
    const smtp = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
    try {
      await smtp.sendMail({ envelope: { from: "", to }, raw: raw.replace(/\r?\n/g, "\r\n") });
      return undefined;
    } catch (error) {
      return (error as NodemailerError).response ?? (error as Error).message;
    } finally {
      smtp.close();
    }
  }
  /** A mail that somebody who is known asked for. @returns where it comes back to */
  async function mailed(address: string): Promise<string> {
    const before = guestpass.mail.to(address).length;
    await enqueue(guestpass.server.app, address);
    return (await guestpass.mail.wait(address, before + 1)).at(-1)?.from as string;
  }
  const guest = async (sub: string) => (await directory.get(`/guests/${sub}`)).body as unknown as Guest;
  const marked = async () => (await directory.get("/guests?undeliverable=true")).body["items"] as Guest[];
  const suspended = async () => (await directory.get("/guests?state=suspended")).body["items"] as Guest[];
  const alerts = async () => (await guestpass.server.app.outbox.list({ recipient: admin, most: 100 })).length;
  /** The words under which the mail that carries the code is shown to whoever asked for it. */
  const shown = (body: string) => /<p[^>]* id="delivery"[^>]*>([^<]*)</.exec(body)?.[1];

  it("marks and suspends for what hundreds of replies say of the mailbox, and for nothing else", async () => {
    for (const [index, { server, command, reply, verdict }] of knownReplies.entries()) {
      const address = `ada${index}@example.com`;
      const sub = await guestpass.addGuest(address);
      const [form] = forms as [Form];
      const returnPath = await mailed(address);
      const said = `host mx${index}.server${"abcdefghij"[index % 10]}${"abcdefghijklmnopqrst"[Math.floor(index / 10)]}.example said: ${reply.replaceAll("ada@example.com", address)} (in reply to ${command} command)`;
      expect(
        await notify(returnPath, form.write({ to: address, returnPath, diagnostic: said.replaceAll("\n", "\n    "), status: "5.0.0" })),
      ).to.equal(undefined);
      const blamed = verdict === "mailbox";
      const { state, undeliverable_since: since } = await guest(sub);
      expect([state, since !== null], `${server}: ${reply}`).to.deep.equal([blamed ? "suspended" : "invited", blamed]);
      if (index % 150 === 149) guestpass.clock.advance({ minutes: 1 });
    }
  }).timeout(300_000);

  for (const { name, write, address = "ada@example.com" } of forms)
    it(`tells the guest who waits, and marks the mailbox: ${name}`, async () => {
      const sub = await guestpass.addGuest(address);
      const browser = guestpass.browser();
      const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), address);
      const [mail] = await guestpass.mail.wait(address);
      const returnPath = mail?.from as string;
      const code = mail && codeIn(mail);
      await notify(returnPath, write({ to: address, returnPath, diagnostic: "550 5.1.1 no such user", status: "5.1.1", code }));
      expect(shown((await browser.open(page.url)).body)).to.contain("Check the address");
      const { undeliverable_since: since, state } = await guest(sub);
      expect([since !== null, state], "anybody may have asked for the code").to.deep.equal([true, "invited"]);
      const { mail: record } =
        (await guestpass.server.app.outbox.show((await guestpass.server.app.outbox.list({ recipient: address }))[0]?.id as string)) ?? {};
      expect(JSON.stringify(record), "nothing of our own mail is kept").to.not.contain(code).and.not.contain("auto-generated");
    });

  for (const { name, write } of forms)
    it(`says nothing about the guest where another recipient is meant: ${name}`, async () => {
      const sub = await guestpass.addGuest("ada@example.com");
      const browser = guestpass.browser();
      const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), "ada@example.com");
      const returnPath = (await guestpass.mail.wait("ada@example.com"))[0]?.from as string;
      const other = {
        to: "former.member@other.example",
        original: "ada@example.com",
        diagnostic: "550 5.1.1 user unknown",
        status: "5.1.1",
      };
      expect(await notify(returnPath, write({ ...other, returnPath }))).to.equal(undefined);
      expect(shown((await browser.open(page.url)).body)).to.contain("The email is sent");
      expect(await guest(sub)).to.include({ undeliverable_since: null, state: "invited" });
    });

  it("does not blame the mailbox where the group behind it has a member who is gone", async () => {
    const sub = await guestpass.addGuest("team@example.com");
    const returnPath = await mailed("team@example.com");
    const [form] = forms as [Form];
    const blocks = `Final-Recipient: rfc822; team@example.com
Action: expanded
Status: 2.0.0

Original-Recipient: rfc822; team@example.com
Final-Recipient: rfc822; former.member@other.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown`;
    await notify(returnPath, form.write({ to: "team@example.com", returnPath, diagnostic: "", status: "", blocks }));
    expect(await guest(sub)).to.include({ undeliverable_since: null, state: "invited" });
  });

  it("tells the guest that the address may be right, where a block list is to blame", async () => {
    await guestpass.addGuest("ada@example.com");
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), "ada@example.com");
    const returnPath = (await guestpass.mail.wait("ada@example.com"))[0]?.from as string;
    const [form] = forms as [Form];
    const diagnostic = "550 AB-001 mail from 192.0.2.10 was not taken, part of that network is on our block list";
    await notify(returnPath, form.write({ to: "ada@example.com", returnPath, diagnostic, status: "5.0.0" }));
    expect(shown((await browser.open(page.url)).body)).to.contain("could not be delivered");
    const [mail] = await guestpass.server.app.outbox.list({ recipient: "ada@example.com" });
    expect(mail).to.include({ state: "sent", bouncedBy: "mx.partner.example" });
    expect(mail?.bouncedReply).to.contain("part of that network is on our block list");
  });

  describe("of many guests at once", () => {
    const many = 24;
    const addresses = Array.from({ length: many }, (_, index) => `guest${index}@example.com`);
    const [form] = forms as [Form];
    const say = async (diagnostic: string, to: string[]) => {
      for (const address of to) {
        const returnPath = await mailed(address);
        await notify(returnPath, form.write({ to: address, returnPath, diagnostic, status: "5.1.1" }));
      }
    };

    it("is never the mailboxes' fault: one server, the same words. Marks and suspensions are taken back, and there is one alert of it", async () => {
      for (const address of addresses) await guestpass.addGuest(address);
      await say("550 5.1.1 no such user", addresses.slice(0, 9));
      expect([(await marked()).length, (await suspended()).length], "so far it may be the mailboxes").to.deep.equal([9, 9]);
      await say("550 5.1.1 no such user", addresses.slice(9));
      expect([(await marked()).length, (await suspended()).length]).to.deep.equal([0, 0]);
      const waves = (await guestpass.mail.wait(admin, 2)).filter(({ parsed }) => parsed.subject?.includes("to many recipients"));
      expect(waves).to.have.length(1);
      expect(waves[0]?.parsed.text).to.contain("no such user").and.to.contain("partner.example");
      guestpass.clock.advance({ hours: 1 });
      await guestpass.server.app.sweep();
      expect(await alerts(), "the first mailbox, and the wave").to.equal(2);
      await say("550 5.1.1 no such user", addresses.slice(0, 1));
      expect(await guestpass.server.app.mailboxes.countUndeliverable(), "it is over: a mailbox is to blame again").to.equal(1);
    });

    it("leaves nothing but its rows in the audit trail, and goes on for as long as such refusals come", async () => {
      for (const address of addresses.slice(0, 13)) await guestpass.addGuest(address);
      const words = "550 5.1.1 no such user";
      await say(words, addresses.slice(0, 10));
      const recorded = async (action: string) => ((await directory.get(`/audit?action=${action}`)).body["items"] as unknown[]).length;
      expect([await recorded("guest.suspended"), await recorded("guest.resumed"), await recorded("mailbox.cleared")]).to.deep.equal([
        9, 9, 10,
      ]);

      /** @returns what the page tells the visitor who asked for the code */
      const visit = async (to: string, diagnostic: string) => {
        const before = guestpass.mail.to(to).length;
        const browser = guestpass.browser();
        const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), to);
        const returnPath = (await guestpass.mail.wait(to, before + 1)).at(-1)?.from as string;
        await notify(returnPath, form.write({ to, returnPath, diagnostic, status: "5.1.1" }));
        return shown((await browser.open(page.url)).body);
      };
      expect(await visit(addresses[10] as string, words), "the address may well be right").to.not.contain("Check the address");
      expect(await visit(addresses[0] as string, "550 5.1.1 user unknown")).to.contain("Check the address");
      expect([(await marked()).length, (await suspended()).length], "nothing is left that counts towards suspending").to.deep.equal([1, 0]);

      for (const address of addresses.slice(11, 13)) {
        guestpass.clock.advance({ minutes: 10 });
        await say(words, [address]);
      }
      expect(await guestpass.server.app.mailboxes.countUndeliverable()).to.equal(1);
    });

    it("at the same moment, on however many connections", async () => {
      const paths = new Map<string, string>();
      for (const address of addresses.slice(0, 12)) {
        await guestpass.addGuest(address);
        paths.set(address, await mailed(address));
      }
      const notices = [...paths].map(([to, returnPath]) =>
        notify(returnPath, form.write({ to, returnPath, diagnostic: "550 5.1.1 no such user", status: "5.1.1" })),
      );
      expect(new Set(await Promise.all(notices))).to.deep.equal(new Set([undefined]));
      expect([(await marked()).length, (await suspended()).length]).to.deep.equal([0, 0]);
    });

    it("for reasons of their own is their fault, and each is told of when no wave came of it", async () => {
      for (const address of addresses.slice(0, 4)) await guestpass.addGuest(address);
      await say("550 5.1.1 no such user", addresses.slice(0, 4));
      expect(await marked()).to.have.length(4);
      expect(await alerts()).to.equal(1);
      guestpass.clock.advance({ minutes: 16 });
      await Promise.all([guestpass.server.app.sweep(), guestpass.server.app.sweep()]);
      expect(await alerts()).to.equal(4);
    });

    it("keeps a suspension by an administrator", async () => {
      const subs: string[] = [];
      for (const address of addresses.slice(0, 10)) subs.push(await guestpass.addGuest(address));
      await directory.post(`/guests/${subs[0]}/suspend`, { reason: "left" });
      await say("550 5.1.1 no such user", addresses.slice(0, 10));
      expect((await suspended()).map(({ sub }) => sub)).to.deep.equal([subs[0]]);
    });
  });

  it("is accepted for the postmaster and the abuse desk of the bounce domain, who are the administrators", async () => {
    const raw = `From: Grace <grace@mx.example>\nSubject: Your mail\n\nIt loops. Please look. grace@mx.example 482913\n`;
    for (const local of ["postmaster", "Abuse"]) expect(await notify(`${local}@${domain}`, raw), local).to.equal(undefined);
    expect(await notify("postmaster", raw)).to.equal(undefined);
    const [mail] = await guestpass.mail.wait(admin);
    expect(mail?.parsed.subject).to.equal("Somebody wrote to the postmaster of your bounce domain");
    expect(mail?.parsed.text).to.contain("It loops. Please look.").and.not.contain("482913");
    for (const local of ["postmaster@idp.example", `hostmaster@${domain}`]) expect(await notify(local, raw)).to.match(/^550 5\.1\.1 /);
    for (let mails = 0; mails < 30; mails++) expect(await notify(`postmaster@${domain}`, `${raw}${mails}`)).to.equal(undefined);
    await eventually("the rest is dropped", async () => (await alerts()) <= 20);
  });
});
