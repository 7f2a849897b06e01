import { expect } from "chai";
import type { Mail } from "../../src/testing/mail-server.ts";
import { codeField, Site, sees, submitCode } from "../support/site.ts";
import { say } from "../support/texts.ts";

describe("the link in the mail", () => {
  let site: Site;

  before(async () => {
    site = await Site.start();
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("fills the code in, in the browser that asked for it, and signing in still takes a click", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    const code = await site.askForCode(page, "ada@example.com");
    const opened = await page.context().newPage();
    await opened.goto(newestLink());
    expect(await codeField(opened).inputValue()).to.equal(code);
    expect(opened.url(), "the code stays out of the history").not.to.contain(code);
    expect(await opened.evaluate<string>("document.activeElement.textContent")).to.equal(say("enter-passcode.submit"));
    await sees(opened, say("enter-passcode.title"));
    await opened.keyboard.press("Enter");
    await opened.waitForURL(site.fileShare.welcome);
    await sees(opened, "Welcome.txt");
  });

  it("fills the code in on the page that is open already", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    const code = await site.askForCode(page, "ada@example.com");
    await page.goto(newestLink());
    expect(await codeField(page).inputValue()).to.equal(code);
  });

  it("opened in another browser, says where it works and lets nobody in", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await site.askForCode(page, "ada@example.com");
    const other = await site.page();
    const answer = await other.goto(newestLink());
    expect(answer?.status()).to.equal(400);
    await sees(other, say("expired.title"));
    expect(await other.getByRole("main").textContent()).to.contain(say("expired.mail-link"));
  });

  it("needs no JavaScript to lead back to the page that asks for the code", async () => {
    const page = await site.page({ javaScriptEnabled: false });
    await page.goto(site.fileShare.welcome);
    const code = await site.askForCode(page, "ada@example.com");
    await page.goto(newestLink());
    await sees(page, say("enter-passcode.title"));
    await submitCode(page, code);
    await page.waitForURL(site.fileShare.welcome);
  });

  function newestLink(): string {
    const { parsed } = site.guestpass.mail.to("ada@example.com").at(-1) as Mail;
    const link = /href="([^"]+#code=\d+)"/.exec(parsed.html || "")?.[1];
    if (!link) throw new Error("the mail has no link");
    return link;
  }
});
