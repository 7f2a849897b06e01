import { expect } from "chai";
import type { MailServer } from "../../../src/testing/mail-server.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";

interface Row {
  state: string;
  attempts: number;
  content: string;
  last_reply: string;
  last_at: number;
  last_ms: number;
  created_at: number;
  next_attempt_at: number;
}

describe("mail that the outbox sends", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  afterEach(() => {
    guestpass.mail.answer = () => undefined;
    guestpass.mail.answerToMail = () => undefined;
  });

  async function ask(address: string) {
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), address);
    return { browser, page, accepts: async (code: string) => verdict(await browser.post(page, "/passcode", { code })) };
  }

  async function row(address: string): Promise<Row> {
    const rows = await guestpass.server.app.db("outbox").where({ recipient: address });
    expect(rows).to.have.length(1);
    return rows[0];
  }

  const until = (address: string, what: string, holds: (mail: Row) => boolean) =>
    eventually(`the mail to ${address} is ${what}`, async () => holds(await row(address)));

  it("identifies itself in its headers, from whom, and that nobody wrote it", async () => {
    await ask("ada@example.com");
    const [mail] = await guestpass.mail.wait("ada@example.com");
    const { parsed } = mail as { parsed: NonNullable<typeof mail>["parsed"] };
    expect(parsed.from?.text).to.equal('"Guest access" <guests@idp.example>');
    expect(parsed.headers.get("to")).to.have.property("text", "ada@example.com");
    expect(parsed.subject).to.contain("Application files");
    expect(parsed.messageId).to.match(/^<[\w-]+@idp\.example>$/);
    expect(parsed.headers.get("auto-submitted")).to.equal("auto-generated");
    expect(parsed.headers.get("content-language")).to.equal("en");
    expect(parsed.date).to.be.an.instanceOf(Date);
  });

  it("is plain text and HTML, with the same code in both", async () => {
    await ask("both@example.com");
    const code = await guestpass.mail.code("both@example.com");
    const [mail] = guestpass.mail.to("both@example.com");
    expect(mail?.parsed.text).to.contain(code);
    expect(mail?.parsed.html).to.contain(code);
    expect(mail?.raw).to.match(/multipart\/alternative/);
  });

  it("leaves nothing to read behind once it is sent", async () => {
    await ask("blank@example.com");
    const code = await guestpass.mail.code("blank@example.com");
    await until("blank@example.com", "sent", ({ state }) => state === "sent");
    const sent = await row("blank@example.com");
    expect(sent).to.include({ content: "", attempts: 1, last_reply: "250" });
    expect(JSON.stringify(sent)).to.not.match(new RegExp(`\\b${code}\\b`));
  });

  it("is tried again after longer and longer waits while the server says later, and is the same mail each time", async () => {
    const seen: (string | undefined)[] = [];
    guestpass.mail.answerToMail = ({ parsed }) => {
      seen.push(parsed.messageId);
      return { code: 451, text: "4.3.0 try again later" };
    };
    const { accepts } = await ask("later@example.com");
    for (const [index, seconds] of [2, 4, 8, 16, 32, 64, 120, 120].entries()) {
      const attempt = index + 1;
      await until("later@example.com", `tried ${attempt} times`, ({ attempts }) => attempts === attempt);
      const tried = await row("later@example.com");
      expect(tried).to.include({ state: "queued", last_reply: "451 4.3.0" });
      // A quarter more at random, and what there was to do besides.
      const waits = tried.next_attempt_at - tried.last_at - tried.last_ms;
      expect(waits, `after attempt ${attempt}`).to.be.within(seconds * 1000, seconds * 2000);
      guestpass.clock.advance({ seconds: 151 });
    }
    guestpass.mail.answerToMail = () => undefined;
    const code = await guestpass.mail.code("later@example.com");
    const [mail] = guestpass.mail.to("later@example.com");
    expect(new Set([...seen, mail?.parsed.messageId]).size).to.equal(1);
    expect(await accepts(code)).to.equal("accepted");
  });

  it("is not tried again at the same moment as every other mail", async () => {
    guestpass.mail.answer = () => ({ code: 451, text: "4.3.0 try again later" });
    const addresses = Array.from({ length: 10 }, (_, index) => `spread${index}@example.com`);
    await Promise.all(addresses.map(ask));
    const waits: number[] = [];
    for (const address of addresses) {
      await until(address, "tried", ({ attempts }) => attempts === 1);
      const { created_at, next_attempt_at } = await row(address);
      waits.push(next_attempt_at - created_at);
    }
    expect(Math.max(...waits) - Math.min(...waits)).to.be.at.least(50);
  });

  it("is not sent once its code can no longer be used", async () => {
    guestpass.mail.answer = () => ({ code: 451, text: "4.7.1 greylisted" });
    await ask("over@example.com");
    await until("over@example.com", "tried", ({ attempts }) => attempts === 1);
    guestpass.clock.advance({ minutes: 60, seconds: 1 });
    guestpass.mail.answer = () => undefined;
    await until("over@example.com", "expired", ({ state }) => state === "expired");
    expect(await row("over@example.com")).to.include({ content: "", attempts: 1 });
    expect(guestpass.mail.to("over@example.com")).to.deep.equal([]);
  });

  it("is not handed over by an attempt during which its code ends", async () => {
    const { browser, page } = await ask("close@example.com");
    await guestpass.mail.code("close@example.com");
    let release: (reply: undefined) => void = () => undefined;
    guestpass.mail.answer = () => new Promise<undefined>((resolve) => (release = resolve));
    guestpass.clock.advance({ minutes: 59, seconds: 54 });
    await browser.submit(page, "/resend");
    const last = async () => (await guestpass.server.app.outbox.list({ recipient: "close@example.com" }))[0];
    await eventually("the mail is over", async () => (await last())?.state === "expired");
    release(undefined);
    guestpass.mail.answer = () => undefined;
    expect((await last())?.lastReply).to.equal("EABORT");
    await ask("marker@example.com");
    await guestpass.mail.wait("marker@example.com");
    expect(guestpass.mail.to("close@example.com")).to.have.length(1);
  });

  for (const [when, refuse] of [
    ["the recipient", (server: MailServer) => (server.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" }))],
    ["the whole mail", (server: MailServer) => (server.answerToMail = () => ({ code: 554, text: "5.7.1 not from you" }))],
  ] as const) {
    it(`is not tried again where the server refuses ${when} for good, and the guest can ask once more`, async () => {
      const address = `${when.replace(/\W/g, "")}@example.com`;
      refuse(guestpass.mail);
      const { browser, page, accepts } = await ask(address);
      await until(address, "refused", ({ state }) => state === "failed");
      expect(await row(address)).to.include({ content: "", attempts: 1 });
      expect((await row(address)).last_reply).to.match(/^55[04] 5\.\d\.1$/);
      guestpass.mail.answer = () => undefined;
      guestpass.mail.answerToMail = () => undefined;
      await browser.submit(page, "/resend");
      expect(await accepts(await guestpass.mail.code(address))).to.equal("accepted");
    });
  }

  it("is queued together with its code or not at all", async () => {
    const { db } = guestpass.server.app;
    const browser = guestpass.browser();
    const start = await browser.open((await guestpass.authorizationRequest(application)).url);
    await db.schema.renameTable("outbox", "outbox_away");
    try {
      const failed = await browser.post(start, "/email", { email: "half@example.com" });
      expect(failed.status).to.equal(500);
    } finally {
      await db.schema.renameTable("outbox_away", "outbox");
    }
    expect(await db("passcode_requests").where({ address: "half@example.com" })).to.deep.equal([]);
    expect(await db("passcodes").where({ address: "half@example.com" })).to.deep.equal([]);
    const again = await browser.submit(await browser.open(start.url), "/email", { email: "half@example.com" });
    const code = await guestpass.mail.code("half@example.com");
    expect(verdict(await browser.post(again, "/passcode", { code }))).to.equal("accepted");
  });
});
