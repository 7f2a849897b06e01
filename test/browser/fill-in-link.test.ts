import { expect } from "chai";
import type { Mail } from "../../src/testing/mail-server.ts";
import { inspect } from "../support/screens.ts";
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
    await page.waitForFunction(`document.querySelector("#code").value === "${code}"`);
  });

  it("opened in another browser, says where it works and lets nobody in", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await site.askForCode(page, "ada@example.com");
    const other = await site.page();
    const answer = await other.goto(newestLink());
    expect(answer?.status()).to.equal(400);
    await sees(other, say("elsewhere.title"));
    expect(await other.locator(".code bdi").textContent()).to.match(/^\d{6}$/);
    await inspect(other, "elsewhere");
    await other.goto(newestLink().replace(/#.*/, ""));
    await other.reload();
    expect(await other.locator(".code").isVisible()).to.equal(false);
    await inspect(other, "elsewhere-without-code");
    const plain = await site.page({ javaScriptEnabled: false });
    await plain.goto(newestLink());
    await plain.getByText("Type the code from the email there.").waitFor();
    expect(await plain.locator(".code").isVisible()).to.equal(false);
  });

  it("accepts a code that was read on another device, and another tab of this browser goes on by itself", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await site.askForCode(page, "ada@example.com");
    const phone = await site.page();
    await phone.goto(newestLink());
    const code = (await phone.locator(".code bdi").textContent()) ?? "";
    const second = await page.context().newPage();
    await second.goto(page.url());
    await submitCode(second, code);
    await second.waitForURL(site.fileShare.welcome);
    await page.getByText(say("finished.title")).or(page.getByText("Welcome.txt")).first().waitFor();
    await phone.reload();
    await sees(phone, say("finished.title"));
    await inspect(phone, "finished");
    const way = phone.getByRole("link", { name: say("to-application", { application: "File share" }) });
    expect(await way.getAttribute("href")).to.contain(site.fileShare.url);
  });

  it("says so where the browser keeps no cookie, and where the sign-in took too long", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    const address = page.url();
    await page.context().clearCookies();
    await page.goto(address);
    await sees(page, say("cookies.title"));
    await inspect(page, "cookies");
    site.guestpass.clock.advance({ minutes: 61 });
    await page.goto(address);
    await sees(page, say("expired.title"));
    await inspect(page, "expired");
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
