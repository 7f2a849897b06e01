import { expect } from "chai";
import type { Mail } from "../../src/testing/mail-server.ts";
import { heading, Site } from "../support/site.ts";

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
    expect(await opened.getByLabel("6-digit code").inputValue()).to.equal(code);
    expect(opened.url(), "the code stays out of the history").not.to.contain(code);
    expect(await opened.evaluate<string>("document.activeElement.textContent")).to.equal("Sign in");
    expect(await heading(opened), "nothing is sent by itself").to.equal("Check your email");
    await opened.keyboard.press("Enter");
    await opened.waitForURL(site.fileShare.welcome);
    expect(await heading(opened)).to.equal("Welcome.txt");
  });

  it("fills the code in on the page that is open already", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    const code = await site.askForCode(page, "ada@example.com");
    await page.goto(newestLink());
    expect(await page.getByLabel("6-digit code").inputValue()).to.equal(code);
  });

  it("opened in another browser, says where it works and lets nobody in", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await site.askForCode(page, "ada@example.com");
    const other = await site.page();
    const answer = await other.goto(newestLink());
    expect(answer?.status()).to.equal(400);
    expect(await heading(other)).to.equal("This sign-in is over");
    expect(await other.getByRole("main").textContent()).to.contain("Open it in the browser in which you asked for the code");
  });

  it("needs no JavaScript to lead back to the page that asks for the code", async () => {
    const page = await site.page({ javaScriptEnabled: false });
    await page.goto(site.fileShare.welcome);
    const code = await site.askForCode(page, "ada@example.com");
    await page.goto(newestLink());
    expect(await heading(page)).to.equal("Check your email");
    await page.getByLabel("6-digit code").fill(code);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL(site.fileShare.welcome);
  });

  function newestLink(): string {
    const { parsed } = site.guestpass.mail.to("ada@example.com").at(-1) as Mail;
    const link = /href="([^"]+#code=\d+)"/.exec(parsed.html || "")?.[1];
    if (!link) throw new Error("the mail has no link");
    return link;
  }
});
