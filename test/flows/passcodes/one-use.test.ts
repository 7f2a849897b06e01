import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";

describe("a code works once", () => {
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

  /**
   * Submits the code many times at the same moment, in turn on each page, and follows. Those that find the tries spent get a page.
   * @returns where all others arrived: at one and the same place
   */
  async function submitAtOnce(code: string, times: number, pages: Answer[]): Promise<Answer> {
    const submissions = Array.from({ length: times }, (_, index) =>
      browser.submit(pages[index % pages.length] as Answer, "/passcode", { code }),
    );
    const answers = await Promise.all(submissions);
    const arrived = answers.filter((answer) => answer.isRedirect);
    expect(answers.filter((answer) => !answer.isRedirect).every(({ status }) => status === 403)).to.equal(true);
    expect(new Set(arrived.map(({ location }) => location)).size).to.equal(1);
    return arrived[0] as Answer;
  }

  for (const [guest, first] of [
    ["a new guest", true],
    ["a guest who was here before", false],
  ] as const) {
    it(`50 correct submissions at the same moment lead to one authorization code: ${guest}`, async () => {
      const address = first ? "fifty@example.com" : "known@example.com";
      if (!first) await guestpass.addGuest(address);
      const code = await ask(address);
      const tokens = await guestpass.redeem(request, await submitAtOnce(code, 50, [page]));
      const guests = (await guestpass.server.app.guests.list()).guests.filter(({ email }) => email === address);
      const sub = tokens.claims()?.sub as string;
      expect(guests.map((each) => each.sub)).to.deep.equal([sub]);
      expect(await guestpass.server.app.sessions.list(sub)).to.have.length(1);
    });
  }

  it("so it does over two instances on one database", async () => {
    const other = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer }, { on: guestpass });
    try {
      const code = await ask("instances@example.com");
      const there = await browser.open(new URL(new URL(page.url).pathname, other.issuer).href);
      const tokens = await guestpass.redeem(request, await submitAtOnce(code, 50, [page, there]));
      expect(await guestpass.server.app.sessions.list(tokens.claims()?.sub as string)).to.have.length(1);
    } finally {
      await other.server.close();
    }
  });

  it("a second click leads in like the first, while that is on its way and after it", async () => {
    const code = await ask("double@example.com");
    const [first, second] = await Promise.all([browser.submit(page, "/passcode", { code }), browser.submit(page, "/passcode", { code })]);
    const third = await browser.submit(page, "/passcode", { code });
    expect([second.location, third.location]).to.deep.equal([first.location, first.location]);
    expect((await guestpass.redeem(request, third)).claims()?.sub).to.be.a("string");
  });

  it("and none is accepted once the application has redeemed that one", async () => {
    const code = await ask("after@example.com");
    await guestpass.redeem(request, await browser.submit(page, "/passcode", { code }));
    const late = await browser.submit(page, "/passcode", { code });
    expect([late.status, late.title]).to.deep.equal([400, "This sign-in is finished"]);
    expect((await browser.open(page.url)).title).to.equal("This sign-in is finished");
  });

  it("a second click keeps what was ticked", async () => {
    const code = await ask("ticked@example.com");
    await Promise.all(Array.from({ length: 4 }, () => browser.submit(page, "/passcode", { code, keep: "yes" })));
    const [session] = (await browser.jar.getCookies(guestpass.issuer)).filter(({ key }) => key === "guestpass_session");
    expect(session?.expires).to.be.instanceOf(Date);
  });

  it("an answer that never reached the browser is given again: reloading the page of the code leads in", async () => {
    const code = await ask("lost@example.com");
    expect(verdict(await browser.post(page, "/passcode", { code }))).to.equal("accepted");
    const tokens = await guestpass.redeem(request, await browser.open(page.url));
    expect(tokens.claims()?.sub).to.be.a("string");
  });
});
