import { expect } from "chai";
import type { Answer } from "../../support/browser.ts";
import type { Guestpass, RegisteredApplication } from "../../support/guestpass.ts";
import { browserAt, mailsSent, network, startLimited, waitOf } from "../../support/limits.ts";
import { verdict } from "../../support/passcodes.ts";
import { statementsOf } from "../../support/statements.ts";

describe("whoever asks too often is told how long to wait", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let used = 0;

  before(async () => {
    guestpass = await startLimited();
    application = await guestpass.register("files", { admission: "directory" });
  });
  after(() => guestpass.stop());

  async function ask(address: string, headers: Record<string, string> = {}) {
    const browser = browserAt(guestpass, network(used++), headers);
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), address);
    return { browser, page };
  }

  it("beside the button that sends another code; pressed early it sends nothing, and the code that was sent still works", async () => {
    await guestpass.addGuest("ada@example.com");
    const { browser, page } = await ask("ada@example.com");
    expect(page.text).to.contain("You can ask for another code in 30 seconds.");
    const code = await guestpass.mail.code("ada@example.com", 1);
    const before = await mailsSent(guestpass);
    const early = await browser.post(page, "/resend");
    expect(early.status).to.equal(429);
    expect(waitOf(early)).to.be.within(20, 30);
    expect(early.text).to.contain("No new code was sent: it is too early. You can ask for another one in 30 seconds.");
    expect(await mailsSent(guestpass)).to.equal(before);
    expect(verdict(await browser.post(early, "/passcode", { code }))).to.equal("accepted");
  });

  it("until the time has come: then the wait is gone and the button sends", async () => {
    const { browser, page } = await ask("grace@example.com");
    guestpass.clock.advance({ seconds: 30 });
    const later = await browser.open(page.url);
    expect(later.text).to.not.contain("another code in");
    expect((await browser.post(later, "/resend")).status).to.equal(303);
    await guestpass.mail.wait("grace@example.com", 2);
  });

  it("in another tab on the page that asks for the address, in the language of the browser", async () => {
    await ask("tabs@example.com");
    const { page } = await ask("tabs@example.com", { "accept-language": "de" });
    expect(page.status).to.equal(429);
    expect(page.text).to.contain("In 30 Sekunden können Sie wieder einen anfordern. Ein Code, der schon verschickt wurde, gilt weiterhin.");
    expect(page.document.querySelector("input[name=email]")?.getAttribute("value")).to.equal("tabs@example.com");
    expect(page.document.querySelector("[role=alert]")?.id).to.equal("email-problem");
  });

  it("in minutes and hours where it is longer: of two that were reached, for the one that lasts", async () => {
    for (let times = 0; times < 5; times++) {
      guestpass.clock.advance({ seconds: 31 });
      expect((await ask("often@example.com")).page.status).to.equal(200);
    }
    expect((await ask("often@example.com")).page.text).to.contain("You can ask again in 13 minutes.");
    guestpass.clock.advance({ seconds: 31 });
    expect((await ask("often@example.com")).page.text).to.contain("You can ask again in 13 minutes.");
  });

  it("alike, whether the address is a guest's, a suspended one's or nobody's", async () => {
    await guestpass.addGuest("active@example.com");
    const suspended = await guestpass.addGuest("suspended@example.com");
    await guestpass.server.app.admin("suspendGuest", { params: { sub: suspended }, body: { reason: "left" } });
    const refusals = [];
    for (const address of ["active@example.com", "suspended@example.com", "unknown@example.com"]) {
      await ask(address);
      const browser = browserAt(guestpass, network(used++));
      const start = await browser.open((await guestpass.authorizationRequest(application)).url);
      let page: Answer | undefined;
      const statements = await statementsOf(async () => {
        page = await browser.post(start, "/email", { email: address });
      });
      refusals.push({
        status: page?.status,
        text: page?.text.replaceAll(address, "[address]"),
        lookedUp: statements.filter((sql) => /aliases|guests|invitations/.test(sql)),
      });
    }
    expect(refusals[0]).to.include({ status: 429 });
    expect(refusals[0]?.lookedUp).to.deep.equal([]);
    expect(refusals[1]).to.deep.equal(refusals[0]);
    expect(refusals[2]).to.deep.equal(refusals[0]);
  });
});
