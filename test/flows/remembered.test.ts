// What a guest typed or proved before is there again: in this browser alone, and only as far as it may be shown to whoever is in front of it.
import { expect } from "chai";
import type { Answer, Browser } from "../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { wrongCodes } from "../support/passcodes.ts";
import { say } from "../support/texts.ts";

const ada = "ada@example.com";
const shown = "a•••@example.com";

describe("an address is remembered", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let browser: Browser;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ORGANISATION: "Example Museum" });
    files = await guestpass.register("files");
    browser = guestpass.browser();
  });
  afterEach(() => guestpass.stop());

  const open = async (params: Record<string, string> = {}): Promise<Answer> =>
    browser.open((await guestpass.authorizationRequest(files, params)).url);
  const fieldOf = (page: Answer) => page.document.querySelector("#email")?.getAttribute("value");
  const formOf = (page: Answer, action: string) =>
    page.document.querySelectorAll("form").find((form) => form.getAttribute("action")?.endsWith(action));

  async function signIn(): Promise<void> {
    await guestpass.signIn(browser, await guestpass.authorizationRequest(files), ada);
  }

  it("as it was typed, when another one is asked for in the same sign-in", async () => {
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), ada);
    expect(fieldOf(await browser.open(`${page.url}/email`))).to.equal(ada);
  });

  it("when the guest starts again, in a cookie and in no address of a page", async () => {
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), ada);
    for (const code of wrongCodes(await guestpass.mail.code(ada, 1), 5)) await browser.post(page, "/passcode", { code });
    const answer = await browser.post(await browser.open(page.url), "/start-again");
    expect(answer.location).to.not.contain("ada");
    const begun = await browser.follow(answer);
    expect(fieldOf(begun)).to.equal(ada);
    expect(fieldOf(await browser.open(begun.url)), "after a reload").to.equal(ada);
    const asked = await browser.submit(begun, "/email", { email: ada });
    expect(asked.title).to.equal(say("enter-passcode.title"));
    expect(fieldOf(await open()), "in a new sign-in").to.equal("");
  });

  it("for a second sign-in: it is offered masked, and one press asks for a code", async () => {
    await signIn();
    const page = await open({ prompt: "login" });
    expect(page.text).to.contain(say("choose.continue", { address: shown }));
    expect(page.body).to.not.contain(ada);
    const before = guestpass.mail.to(ada).length;
    const asked = await browser.submit(page, "/remembered");
    expect(asked.text).to.contain(shown);
    expect(asked.body).to.not.contain(ada);
    const code = await guestpass.mail.code(ada, before + 1);
    expect((await browser.submit(asked, "/passcode", { code })).query["code"]).to.be.a("string");
  });

  it("and not where the application names somebody", async () => {
    await signIn();
    const page = await open({ prompt: "login", login_hint: "grace@example.com" });
    expect(fieldOf(page)).to.equal("grace@example.com");
    expect(formOf(page, "/remembered")).to.equal(undefined);
  });

  it("until a guest says that it is not theirs", async () => {
    await signIn();
    const page = await browser.submit(await open({ prompt: "login" }), "/forget");
    expect(formOf(page, "/remembered")).to.equal(undefined);
    expect(page.text).to.not.contain(shown);
    expect(formOf(await open({ prompt: "login" }), "/remembered")).to.equal(undefined);
  });

  it("and a right code is taken though another tab has remembered the address, or forgotten it, since the page was shown", async () => {
    const first = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), ada);
    const code = await guestpass.mail.code(ada, 1);
    await guestpass.signIn(browser, await guestpass.authorizationRequest(files, { prompt: "login" }), ada);
    expect((await browser.submit(first, "/passcode", { code })).query["code"]).to.be.a("string");
  });

  it("and a guest whose session is over reads why a code is needed, by the rule for everybody", async () => {
    await signIn();
    guestpass.clock.advance({ days: 31 });
    const page = await open();
    expect(page.text).to.contain(say("choose.continue", { address: shown }));
    expect(page.text).to.contain(say("confirm.why", { organisation: "Example Museum", count: 30 }));
  });

  it("by no cookie but its own: one that was made up, or is of another browser's kind, offers nothing", async () => {
    for (const value of ["x", "A".repeat(80), Buffer.from(`p ${ada}`).toString("base64url")]) {
      browser = guestpass.browser({ cookie: `guestpass_address=${value}` });
      expect(formOf(await open(), "/remembered"), value).to.equal(undefined);
    }
  });

  it("the box to stay signed in is as it was after a wrong code and a reload", async () => {
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), ada);
    const right = await guestpass.mail.code(ada, 1);
    const ticked = (answer: Answer) => answer.document.querySelector("input[name=keep]")?.hasAttribute("checked");
    const [one, two] = wrongCodes(right, 2) as [string, string];
    expect(ticked(await browser.submit(page, "/passcode", { keep: "yes", code: one }))).to.equal(true);
    expect(ticked(await browser.open(page.url)), "after a reload").to.equal(true);
    expect(ticked(await browser.submit(page, "/passcode", { code: two })), "taken away").to.equal(false);
    expect(ticked(await browser.open(page.url)), "after another reload").to.equal(false);
  });

  for (const keep of [true, false]) {
    it(`a guest who ${keep ? "stays" : "does not stay"} signed in finds the box ${keep ? "ticked" : "empty"} when the mailbox is due`, async () => {
      const board = await guestpass.register(`board-${keep}`, { policy: { reverificationDays: 3 } });
      const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(board), ada);
      const code = await guestpass.mail.code(ada, 1);
      await browser.submit(page, "/passcode", { ...(keep ? { keep: "yes" } : {}), code });
      guestpass.clock.advance({ days: 4 });
      const due = await browser.open((await guestpass.authorizationRequest(board)).url);
      const asked = await browser.submit(due, "/confirm");
      expect(asked.document.querySelector("input[name=keep]")?.hasAttribute("checked")).to.equal(keep);
    });
  }
});
