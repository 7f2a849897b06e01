import { expect } from "chai";
import type { Reply } from "../../../src/testing/mail-server.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";
import { enqueue, unnoted } from "../../support/queued-mail.ts";

describe("the history of a mail", () => {
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

  const outbox = () => guestpass.server.app.outbox;

  async function ask(address: string) {
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), address);
    return { accepts: async (code: string) => verdict(await browser.post(page, "/passcode", { code })) };
  }

  async function record(address: string) {
    const [mail] = await outbox().list({ recipient: address });
    const shown = await outbox().show(mail?.id ?? "");
    if (!shown) throw new Error(`no mail to ${address}`);
    return shown;
  }

  const until = (address: string, state: string) =>
    eventually(`the mail to ${address} is ${state}`, async () => (await outbox().list({ recipient: address }))[0]?.state === state);

  it("is shown attempt by attempt: when, by which route, with which answer and how long it took", async () => {
    const replies: Reply[] = [{ code: 451, text: "4.3.0 later" }, { code: 452, text: "4.2.2 mailbox full" }, undefined];
    guestpass.mail.answer = () => replies.shift();
    await ask("told@example.com");
    for (const attempts of [1, 2]) {
      await eventually(`it was tried ${attempts} times`, async () => (await record("told@example.com")).mail.attempts === attempts);
      guestpass.clock.advance({ seconds: 10 });
    }
    await until("told@example.com", "sent");
    const { mail, attempts } = await record("told@example.com");
    expect(attempts.map(({ attempt, route, outcome, reply }) => [attempt, route, outcome, reply])).to.deep.equal([
      [1, "smtp", "delayed", "451 4.3.0"],
      [2, "smtp", "delayed", "452 4.2.2"],
      [3, "smtp", "accepted", "250"],
    ]);
    expect(mail).to.include({ attempts: 3, lastRoute: "smtp", lastReply: "250" });
    expect(attempts.map(({ at }) => at)).to.deep.equal(attempts.map(({ at }) => at).sort((a, b) => a - b));
    for (const { ms } of attempts) expect(ms).to.be.at.least(0);
  });

  it("is removed with the mail's own record, 30 days later", async () => {
    const { app } = guestpass.server;
    guestpass.mail.answer = () => ({ code: 451, text: "4.3.0 later" });
    const id = await enqueue(app, "swept@example.com");
    await eventually("it was tried", async () => (await outbox().show(id))?.mail.attempts === 1);
    guestpass.mail.answer = () => undefined;
    guestpass.clock.advance({ seconds: 3 });
    await until("swept@example.com", "sent");
    expect(await app.db("outbox_attempts").where({ mail_id: id })).to.have.length(1);
    guestpass.clock.advance({ days: 30, seconds: 1 });
    await outbox().sweep();
    expect(await outbox().show(id)).to.equal(undefined);
    expect(await app.db("outbox_attempts").where({ mail_id: id })).to.deep.equal([]);
  });

  it("is certain where the connection is lost before: the server did not have the mail", async () => {
    guestpass.mail.answer = () => {
      guestpass.mail.hangUp();
      return new Promise<Reply>(() => undefined);
    };
    await ask("lost@example.com");
    await eventually("it is on record", async () => (await record("lost@example.com")).mail.attempts === 1);
    expect((await record("lost@example.com")).attempts[0]).to.include({ outcome: "delayed" });
  });

  it("that no server took in its time: a notice is parked with its text, and goes out when an operator says so; an invitation is over", async () => {
    guestpass.mail.answer = () => ({ code: 451, text: "4.3.0 later" });
    const notice = await enqueue(guestpass.server.app, "old-notice@example.com", "notice");
    await enqueue(guestpass.server.app, "old-invitation@example.com", "invitation");
    for (const address of ["old-notice@example.com", "old-invitation@example.com"])
      await eventually("it was tried", async () => (await record(address)).mail.attempts === 1);
    guestpass.clock.advance({ days: 1, seconds: 1 });
    await until("old-notice@example.com", "parked");
    await until("old-invitation@example.com", "expired");
    guestpass.mail.answer = () => undefined;
    expect(await outbox().retry(notice, unnoted)).to.deep.equal({ outcome: "queued" });
    expect((await guestpass.mail.wait("old-notice@example.com"))[0]?.parsed.text).to.contain("Hello.");
  });

  describe("that a server refused for good", () => {
    beforeEach(() => {
      guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" });
    });

    it("is parked with its text where it can still be of use, and goes out when an operator says so", async () => {
      const id = await enqueue(guestpass.server.app, "parked@example.com", "invitation");
      await until("parked@example.com", "parked");
      guestpass.mail.answer = () => undefined;
      expect(await outbox().retry(id, unnoted)).to.deep.equal({ outcome: "queued" });
      const [mail] = await guestpass.mail.wait("parked@example.com");
      expect(mail?.parsed.text).to.contain("Hello.");
      await until("parked@example.com", "sent");
      expect((await record("parked@example.com")).attempts.map(({ reply }) => reply)).to.deep.equal(["550 5.1.1", "250"]);
      expect(await outbox().retry(id, unnoted)).to.deep.equal({ outcome: "settled", state: "sent" });
    });

    it("is over where it carries a code: nothing of it is kept, and nobody can send it again", async () => {
      await ask("code@example.com");
      await until("code@example.com", "failed");
      const [mail] = await outbox().list({ recipient: "code@example.com" });
      expect(await guestpass.server.app.db("outbox").where({ id: mail?.id }).pluck("content")).to.deep.equal([""]);
      expect(await outbox().retry(mail?.id as string, unnoted)).to.deep.equal({ outcome: "settled", state: "failed" });
    });

    it("is too late to send again where it invites to what is over; a notice gets new time", async () => {
      const invitation = await enqueue(guestpass.server.app, "over@example.com", "invitation");
      const notice = await enqueue(guestpass.server.app, "notice@example.com", "notice");
      await until("over@example.com", "parked");
      await until("notice@example.com", "parked");
      guestpass.mail.answer = () => undefined;
      guestpass.clock.advance({ days: 3 });
      expect(await outbox().retry(invitation, unnoted)).to.deep.equal({ outcome: "over" });
      expect(await outbox().retry(notice, unnoted)).to.deep.equal({ outcome: "queued" });
      await guestpass.mail.wait("notice@example.com");
    });
  });
});
