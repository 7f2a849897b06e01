import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";

describe("late mail is not punished", () => {
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

  /** Asks once and resends twice. */
  async function askThreeTimes(address: string): Promise<string[]> {
    browser = guestpass.browser();
    request = await guestpass.authorizationRequest(application);
    page = await guestpass.askForCode(browser, request, address);
    const codes = [await guestpass.mail.code(address, 1)];
    for (const nth of [2, 3]) {
      page = await browser.submit(page, "/resend");
      codes.push(await guestpass.mail.code(address, nth));
    }
    return codes;
  }

  for (const [index, which] of ["first", "second", "third"].entries()) {
    it(`of three codes asked for, the ${which} signs in, and then none leads anywhere else`, async () => {
      const codes = await askThreeTimes(`${which}@example.com`);
      const accepted = await browser.post(page, "/passcode", { code: codes[index] as string });
      expect(verdict(accepted)).to.equal("accepted");
      const arrived = await browser.follow(accepted);
      for (const code of codes) expect((await browser.submit(page, "/passcode", { code })).location).to.equal(arrived.location);
      const tokens = await guestpass.redeem(request, arrived);
      expect(tokens.access_token).to.be.a("string");
    });
  }

  it("once the guest is in, a code that arrives after that opens nothing", async () => {
    const codes = await askThreeTimes("grace@example.com");
    await guestpass.redeem(request, await browser.submit(page, "/passcode", { code: codes[2] as string }));
    const late = await browser.post(page, "/passcode", { code: codes[0] as string });
    expect(late.status).to.equal(400);
    expect(late.title).to.equal("This sign-in is finished");
  });

  it("a resend sends one more mail, to the address that was typed", async () => {
    await askThreeTimes("mary@example.com");
    expect(guestpass.mail.to("mary@example.com")).to.have.length(3);
  });
});
