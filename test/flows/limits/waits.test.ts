import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import type { Answer } from "../../support/browser.ts";
import type { Guestpass, RegisteredApplication } from "../../support/guestpass.ts";
import { browserAt, mailsSent, network, startLimited, waitOf } from "../../support/limits.ts";
import { verdict } from "../../support/passcodes.ts";
import { statementsOf } from "../../support/statements.ts";

describe("a guest who asks too often is told how long to wait", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let used = 0;

  before(async () => {
    guestpass = await startLimited();
    // The trail is sealed by the clock, whoever the address belongs to.
    await guestpass.server.app.audit.stop();
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
    expect(early.text).to.contain("You can ask for another code in 30 seconds.");
    expect(await mailsSent(guestpass)).to.equal(before);
    expect(verdict(await browser.post(early, "/passcode", { code }))).to.equal("accepted");
  });

  it("and still there when too many codes were tried", async () => {
    const strict = await startLimited({ GUESTPASS_LIMIT_TRIES_PER_ADDRESS: "1/1h" });
    try {
      const browser = browserAt(strict, network(used++));
      const page = await strict.askForCode(browser, await strict.authorizationRequest(await strict.register("files")), "ada@example.com");
      for (const status of [422, 429]) {
        const answer = await browser.post(page, "/passcode", { code: "000000" });
        expect(answer.status).to.equal(status);
        expect(answer.text).to.match(/You can ask for another code in \d+ seconds/);
      }
    } finally {
      await strict.stop();
    }
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
    expect(page.text).to.match(
      /In \d\d Sekunden können Sie wieder einen anfordern\. Ein Code, der schon verschickt wurde, gilt auf der Seite, auf der er angefordert wurde\./,
    );
    expect(page.document.querySelector("input[name=email]")?.getAttribute("value")).to.equal("tabs@example.com");
    expect(page.document.querySelector("[role=alert]")?.id).to.equal("email-problem");
  });

  it("but not when the form for the first code is sent twice: both times lead to the page that asks for it", async () => {
    const browser = browserAt(guestpass, network(used++));
    const start = await browser.open((await guestpass.authorizationRequest(application)).url);
    const address = "twice@example.com";
    expect((await browser.post(start, "/email", { email: address })).status).to.equal(303);
    const later = await browser.post(start, "/email", { email: "Twice@EXAMPLE.com" });
    expect(later.status).to.equal(303);
    const page = await browser.follow(later);
    expect(page.document.querySelector("input[name=code]"), page.text).to.not.equal(null);
    expect(page.text).to.contain("You can ask for another code in 30 seconds.");
    expect(await guestpass.mail.wait(address, 1)).to.have.length(1);
  });

  it("on the page that asks for the code, when one was asked for there and the address is typed again too often", async () => {
    const { browser, page } = await ask("again@example.com");
    for (let times = 1; times < 5; times++) {
      guestpass.clock.advance({ seconds: 31 });
      expect((await browser.post(page, "/resend")).status).to.equal(303);
    }
    guestpass.clock.advance({ seconds: 31 });
    const form = await browser.open(`${page.url}/email`);
    const refused = await browser.post(form, "/email", { email: "again@example.com" });
    expect(refused.status).to.equal(429);
    expect(refused.document.querySelector("input[name=code]")).to.not.equal(null);
    expect(refused.document.querySelector("#resend-wait")?.text).to.equal("You can ask for another code in 13 minutes.");
  });

  it("beside a way back to the code that was asked for, when it is another address that was asked for too often", async () => {
    await ask("busy@example.com");
    const { browser, page } = await ask("quiet@example.com");
    const form = await browser.open(`${page.url}/email`);
    for (const email of ["busy@example.com", "no address"]) {
      const refused = await browser.post(form, "/email", { email });
      expect(refused.status).to.be.oneOf([422, 429]);
      expect(refused.document.querySelector(".others a")?.getAttribute("href")).to.equal(new URL(page.url).pathname);
    }
    const first = await browser.open((await guestpass.authorizationRequest(application)).url);
    expect(first.document.querySelector(".others a"), "before a code was asked for").to.equal(null);
  });

  it("but not a guest who confirms a mailbox with a second tap", async () => {
    const open = await guestpass.register("open");
    const browser = browserAt(guestpass, network(used++));
    await guestpass.signIn(browser, await guestpass.authorizationRequest(open), "tapping@example.com");
    guestpass.clock.advance({ days: 13 });
    await guestpass.server.app.settings.update({ reverificationDays: 1 }, operator);
    const page = await browser.open((await guestpass.authorizationRequest(open)).url);
    expect(page.title).to.equal("Please confirm your mailbox");
    expect((await browser.post(page, "/confirm")).status).to.equal(303);
    const second = await browser.post(page, "/confirm");
    expect(second.status).to.equal(303);
    expect((await browser.follow(second)).text).to.contain("You can ask for another code in 30 seconds.");
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
    // The sessions of the guests above are looked at when their time has come, which is nothing that this asks for.
    await guestpass.server.app.sessions.stop();
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
