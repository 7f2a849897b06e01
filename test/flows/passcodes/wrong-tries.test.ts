import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { count, verdict, wrongCodes } from "../../support/passcodes.ts";

describe("wrong codes share one budget", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let browser: Browser;
  let request: AuthorizationRequest;
  let page: Answer;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  async function ask(address: string): Promise<string> {
    browser = guestpass.browser();
    request = await guestpass.authorizationRequest(application);
    page = await guestpass.askForCode(browser, request, address);
    return guestpass.mail.code(address, 1);
  }

  const submit = async (code: string) => verdict(await browser.post(page, "/passcode", { code }));

  it("the fifth wrong code ends the sign-in, and the right one is refused after it", async () => {
    const code = await ask("five@example.com");
    const verdicts = [];
    for (const wrong of wrongCodes(code, 5)) verdicts.push(await submit(wrong));
    expect(verdicts).to.deep.equal(["not right", "not right", "not right", "not right", "locked"]);
    expect(await submit(code)).to.equal("locked");
  });

  it("the page says how many tries are left", async () => {
    const code = await ask("left@example.com");
    const left = [];
    for (const wrong of wrongCodes(code, 4)) {
      const answer = await browser.post(page, "/passcode", { code: wrong });
      left.push(/(\d+) more tr/.exec(answer.text)?.[1]);
    }
    expect(left).to.deep.equal(["4", "3", "2", "1"]);
  });

  it("the right code on the last try is accepted", async () => {
    const code = await ask("last@example.com");
    for (const wrong of wrongCodes(code, 4)) await submit(wrong);
    expect(await submit(code)).to.equal("accepted");
  });

  it("a resend brings a new code, not new tries", async () => {
    const code = await ask("resend@example.com");
    for (const wrong of wrongCodes(code, 3)) expect(await submit(wrong)).to.equal("not right");
    page = await browser.submit(page, "/resend");
    const second = await guestpass.mail.code("resend@example.com", 2);
    const wrong = wrongCodes(code, 4).filter((each) => each !== second);
    expect(await submit(wrong[0] as string)).to.equal("not right");
    expect(await submit(wrong[1] as string)).to.equal("locked");
    expect(await submit(second)).to.equal("locked");
  });

  it("another address in the same sign-in brings no new tries either", async () => {
    const code = await ask("one@example.com");
    for (const wrong of wrongCodes(code, 4)) await submit(wrong);
    const form = await browser.open(new URL("email", `${page.url}/`).href);
    page = await browser.submit(form, "/email", { email: "two@example.com" });
    const second = await guestpass.mail.code("two@example.com", 1);
    expect(await submit(wrongCodes(second, 1)[0] as string)).to.equal("locked");
    expect(await submit(second)).to.equal("locked");
  });

  it("what is not of the form of a code costs no try", async () => {
    const code = await ask("malformed@example.com");
    for (const typed of ["", "12345", "1234567", "abcdef", "12345a", "½12345", "one two three", "9".repeat(5000)]) {
      const answer = await browser.post(page, "/passcode", { code: typed });
      expect(answer.status, typed.slice(0, 20)).to.equal(422);
      expect(answer.text).to.contain("The code has 6 digits.");
    }
    expect(await submit(code)).to.equal("accepted");
  });

  it("of 200 wrong codes at the same moment the budget is compared and no more, and then the right one is refused", async () => {
    const code = await ask("many@example.com");
    const verdicts = await Promise.all(wrongCodes(code, 200).map(submit));
    expect(count(verdicts, "not right")).to.be.at.most(5);
    expect(count(verdicts, "not right") + count(verdicts, "locked")).to.equal(200);
    const [{ tries }] = await guestpass.server.app.db("passcode_requests").where({ address: "many@example.com" }).select("tries");
    expect(tries).to.equal(5);
    expect(await submit(code)).to.equal("locked");
  });

  it("a sign-in that is locked can be started again, and leads in with a new code", async () => {
    const code = await ask("again@example.com");
    let answer = page;
    for (const wrong of wrongCodes(code, 5)) answer = await browser.post(page, "/passcode", { code: wrong });
    const anew = await browser.submit(answer, "/start-again");
    expect(anew.document.querySelector("input[name=email]")).to.not.equal(null);
    const asked = await browser.submit(anew, "/email", { email: "again@example.com" });
    const fresh = await guestpass.mail.code("again@example.com", 2);
    const arrived = await browser.submit(asked, "/passcode", { code: fresh });
    const tokens = await guestpass.redeem(request, arrived);
    expect(tokens.claims()?.sub).to.be.a("string");
  });

  it("a sign-in that is locked sends no more mail, and shows what happened on reload", async () => {
    const code = await ask("quiet@example.com");
    const form = await browser.open(`${page.url}/email`);
    for (const wrong of wrongCodes(code, 5)) await submit(wrong);
    const resent = await browser.submit(page, "/resend");
    expect(verdict(resent)).to.equal("locked");
    expect(verdict(await browser.open(`${page.url}/email`))).to.equal("locked");
    expect(verdict(await browser.submit(form, "/email", { email: "other@example.com" }))).to.equal("locked");
    expect(verdict(await browser.open(page.url))).to.equal("locked");
    await ask("marker@example.com");
    expect(guestpass.mail.to("quiet@example.com")).to.have.length(1);
    expect(guestpass.mail.to("other@example.com")).to.have.length(0);
  });
});
