import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { count, verdict } from "../../support/passcodes.ts";

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

  /** Submits the code many times at the same moment, in turn on each page. @returns the one that was accepted */
  async function submitAtOnce(code: string, times: number, pages: Answer[]): Promise<Answer> {
    const submissions = Array.from({ length: times }, (_, index) =>
      browser.post(pages[index % pages.length] as Answer, "/passcode", { code }),
    );
    const answers = await Promise.all(submissions);
    const verdicts = answers.map(verdict);
    expect(count(verdicts, "accepted")).to.equal(1);
    expect(count(verdicts, "not right")).to.equal(0);
    return answers[verdicts.indexOf("accepted")] as Answer;
  }

  for (const [guest, first] of [
    ["a new guest", true],
    ["a guest who was here before", false],
  ] as const) {
    it(`of 50 correct submissions at the same moment exactly one succeeds: ${guest}`, async () => {
      const address = first ? "fifty@example.com" : "known@example.com";
      if (!first) await guestpass.addGuest(address);
      const code = await ask(address);
      const accepted = await submitAtOnce(code, 50, [page]);
      const tokens = await guestpass.redeem(request, await browser.follow(accepted));
      const guests = (await guestpass.server.app.guests.list()).guests.filter(({ email }) => email === address);
      expect(guests.map(({ sub }) => sub)).to.deep.equal([tokens.claims()?.sub]);
    });
  }

  it("so it does over two instances on one database", async () => {
    const other = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer }, { on: guestpass });
    try {
      const code = await ask("instances@example.com");
      const there = await browser.open(new URL(new URL(page.url).pathname, other.issuer).href);
      const accepted = await submitAtOnce(code, 50, [page, there]);
      const tokens = await guestpass.redeem(request, await browser.follow(accepted));
      expect(tokens.claims()?.sub).to.be.a("string");
    } finally {
      await other.server.close();
    }
  });

  it("a double click leads in: the submission that lost has a way on", async () => {
    const code = await ask("double@example.com");
    const answers = await Promise.all([browser.post(page, "/passcode", { code }), browser.post(page, "/passcode", { code })]);
    const loser = answers.find((answer) => verdict(answer) === "used") as Answer;
    const way = loser.document.querySelector("a.primary")?.getAttribute("href") as string;
    const arrived = await browser.open(new URL(way, loser.url).href);
    const tokens = await guestpass.redeem(request, arrived);
    expect(tokens.claims()?.sub).to.be.a("string");
  });

  it("an answer that never reached the browser is given again: reloading the page of the code leads in", async () => {
    const code = await ask("lost@example.com");
    expect(verdict(await browser.post(page, "/passcode", { code }))).to.equal("accepted");
    const tokens = await guestpass.redeem(request, await browser.open(page.url));
    expect(tokens.claims()?.sub).to.be.a("string");
  });
});
