import { expect } from "chai";
import { codeIn } from "../../../src/testing/mail-server.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";

describe("a code is good for 10 minutes from the moment a mail server accepted its mail", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let browser: Browser;
  let page: Answer;

  before(async () => {
    guestpass = await Guestpass.start();
    guestpass.clock.hold();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  afterEach(() => {
    guestpass.mail.answer = () => undefined;
  });

  async function open(address: string): Promise<void> {
    browser = guestpass.browser();
    page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), address);
  }

  const outbox = (address: string) => guestpass.server.app.db("outbox").where({ recipient: address });
  const submit = (code: string) => browser.post(page, "/passcode", { code });

  /** The code of the nth mail, once its acceptance is on record. */
  async function handedOver(address: string, nth = 1): Promise<string> {
    const code = await guestpass.mail.code(address, nth);
    await eventually("the mail is settled", async () => (await outbox(address).where({ state: "sent" })).length >= nth);
    return code;
  }

  /** Asks for a code that the guest's mail server will not take at first. */
  async function askGreylisted(address: string): Promise<void> {
    guestpass.mail.answer = () => ({ code: 451, text: "4.7.1 greylisted, try again later" });
    await open(address);
    await eventually("the mail was tried", async () => (await outbox(address).where("attempts", ">", 0)).length === 1);
  }

  it("it works at 9:59", async () => {
    await open("in-time@example.com");
    const code = await handedOver("in-time@example.com");
    guestpass.clock.advance({ minutes: 9, seconds: 59 });
    expect(verdict(await submit(code))).to.equal("accepted");
  });

  it("it is refused at 10:01, and another one can be had", async () => {
    await open("late@example.com");
    const code = await handedOver("late@example.com");
    guestpass.clock.advance({ minutes: 10, seconds: 1 });
    const refused = await submit(code);
    expect(verdict(refused)).to.equal("not right");
    expect(refused.text).to.contain("That code is too old.");
    await browser.submit(page, "/resend");
    expect(verdict(await submit(await handedOver("late@example.com", 2)))).to.equal("accepted");
  });

  it("a code that is too old still costs a try", async () => {
    await open("costs@example.com");
    const code = await handedOver("costs@example.com");
    guestpass.clock.advance({ minutes: 10, seconds: 1 });
    for (let nth = 1; nth <= 4; nth++) expect(verdict(await submit(code))).to.equal("not right");
    expect(verdict(await submit(code))).to.equal("locked");
  });

  it("each code has its own minutes", async () => {
    await open("own@example.com");
    const first = await handedOver("own@example.com");
    guestpass.clock.advance({ minutes: 6 });
    await browser.submit(page, "/resend");
    const second = await handedOver("own@example.com", 2);
    guestpass.clock.advance({ minutes: 6 });
    expect(verdict(await submit(first))).to.equal("not right");
    expect(verdict(await submit(second))).to.equal("accepted");
  });

  it("greylisting does not eat them: a mail that is accepted after 12 minutes carries a code that is good for 10 more", async () => {
    await askGreylisted("greylisted@example.com");
    guestpass.clock.advance({ minutes: 12 });
    guestpass.mail.answer = () => undefined;
    const code = await handedOver("greylisted@example.com");
    guestpass.clock.advance({ minutes: 9, seconds: 58 });
    expect(verdict(await submit(code))).to.equal("accepted");
  });

  it("nor does it extend them", async () => {
    await askGreylisted("ended@example.com");
    guestpass.clock.advance({ minutes: 12 });
    guestpass.mail.answer = () => undefined;
    const code = await handedOver("ended@example.com");
    guestpass.clock.advance({ minutes: 10, seconds: 1 });
    expect(verdict(await submit(code))).to.equal("not right");
  });

  it("they begin once, though the mail was handed over twice", async () => {
    const held: ((reply: undefined) => void)[] = [];
    guestpass.mail.answerToMail = () => new Promise<undefined>((resolve) => held.push(resolve));
    await open("twice@example.com");
    await eventually("the server has it", () => held.length === 1);
    guestpass.clock.advance({ minutes: 2 });
    await eventually("the server has it again", () => held.length === 2);
    guestpass.mail.answerToMail = () => undefined;
    held[0]?.(undefined);
    const code = await handedOver("twice@example.com");
    guestpass.clock.advance({ minutes: 5 });
    held[1]?.(undefined);
    await guestpass.mail.wait("twice@example.com", 2);
    guestpass.clock.advance({ minutes: 5, seconds: 1 });
    expect(verdict(await submit(code))).to.equal("not right");
  });

  it("they begin with the first hand-over, though another instance has taken the mail over meanwhile", async () => {
    let accept: ((reply: undefined) => void) | undefined;
    guestpass.mail.answerToMail = () => new Promise<undefined>((resolve) => (accept = resolve));
    await open("taken-over@example.com");
    await eventually("the server has it", () => accept !== undefined);
    await outbox("taken-over@example.com").update({ leased_by: "another instance" });
    guestpass.mail.answerToMail = () => undefined;
    accept?.(undefined);
    const code = await handedOver("taken-over@example.com");
    guestpass.clock.advance({ minutes: 10, seconds: 1 });
    expect(verdict(await submit(code))).to.equal("not right");
  });

  it("they begin with a refusal too: a server may have delivered what it then refuses", async () => {
    let code = "";
    guestpass.mail.answerToMail = (mail) => {
      code = codeIn(mail) ?? "";
      return { code: 554, text: "5.7.1 refused, though it is in the mailbox" };
    };
    await open("refused@example.com");
    await eventually("the mail is given up", async () => (await outbox("refused@example.com").where({ state: "failed" })).length === 1);
    guestpass.mail.answerToMail = () => undefined;
    guestpass.clock.advance({ minutes: 10, seconds: 1 });
    expect(verdict(await submit(code))).to.equal("not right");
  });

  it("the sign-in ends after 60 minutes, though a code of it came late", async () => {
    await askGreylisted("hour@example.com");
    guestpass.clock.advance({ minutes: 55 });
    guestpass.mail.answer = () => undefined;
    const code = await handedOver("hour@example.com");
    guestpass.clock.advance({ minutes: 5, seconds: 1 });
    const over = await submit(code);
    expect(over.status).to.equal(400);
    expect(over.title).to.equal("This sign-in is over");
    expect((await browser.open(page.url)).title).to.equal("This sign-in is over");
  });
});
