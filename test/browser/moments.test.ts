// What a guest meets around the form: in each case what is on the screen, in a language of either direction.
import { expect } from "chai";
import type { Page } from "playwright-core";
import { type Address, parseAddress } from "../../src/guests/address.ts";
import { eventually } from "../support/eventually.ts";
import { inspect, weigh } from "../support/screens.ts";
import { Site, sees } from "../support/site.ts";
import { say, sayIn } from "../support/texts.ts";

const languages = ["en", "ar"];

describe("moments around the form", function () {
  this.timeout(300_000);
  let site: Site;

  before(async () => {
    site = await Site.start({ GUESTPASS_ORGANISATION: "Example Museum" });
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  /** Chooses each language in the footer, and shows the page in it. */
  async function inEach(page: Page, look: (language: string) => Promise<void>): Promise<void> {
    for (const language of languages) {
      await page.goto(`${page.url().split("?")[0]}?guest_language=${language}`);
      await look(language);
    }
  }

  it("an invitation was withdrawn while the guest was signed in", async () => {
    const policy = { supportAddress: "help@files.example" };
    const application = await site.guestpass.register("plans", { name: "Project plans", admission: "invited", policy });
    const { app } = site.guestpass.server;
    const body = { client_id: "plans", email: "ada@example.com", sponsor_name: "Grace Hopper", send_mail: false };
    const invitation = await app.admin("createInvitation", { body });
    const page = await site.page();
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    await site.signIn(page, "ada@example.com");
    await page.waitForURL("chrome-error://chromewebdata/");
    await app.admin("revokeInvitation", { params: { id: (invitation.body as { id: string }).id } });
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    await sees(page, say("not-admitted.title", { application: "Project plans" }));
    await page.getByText("Grace Hopper").waitFor();
    expect(await page.title()).to.contain("Project plans");
    await inEach(page, (language) => inspect(page, `access-over-${language}`));
    await page.getByRole("link", { name: sayIn("ar")("enter-passcode.other-address") }).click();
    await page.locator("#email").waitFor();
  });

  it("a mailbox is due after a change of address", async () => {
    const application = await site.guestpass.register("board", { name: "Project board" });
    const { app } = site.guestpass.server;
    const page = await site.page();
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    await site.signIn(page, "grace@example.com");
    await page.waitForURL("chrome-error://chromewebdata/");
    const sub = (await app.guests.findOwner(parseAddress("grace@example.com") as Address))?.sub as string;
    await app.admin("renameAlias", { params: { sub }, body: { from: "grace@example.com", to: "hopper@example.com" } });
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    await page.getByText(say("confirm.changed")).waitFor();
    await inEach(page, (language) => inspect(page, `confirm-changed-${language}`));
  });

  it("the browser offers the address that was proven in it, and the screen is light and does not move", async () => {
    const application = await site.guestpass.register("chip", { name: "Project chip" });
    const url = async () => (await site.guestpass.authorizationRequest(application, { prompt: "login" })).url;
    const page = await site.page();
    await page.goto(await url());
    await site.signIn(page, "margaret@example.com");
    await page.waitForURL("chrome-error://chromewebdata/");
    const bytes = weigh(page);
    await page.goto(await url());
    const chip = page.getByRole("button", { name: say("choose.continue", { address: "m•••@example.com" }) });
    await chip.waitFor();
    expect(await bytes())
      .to.be.greaterThan(0)
      .and.lessThan(30_000);
    expect(await shiftOf(page)).to.be.lessThan(0.01);
    await inEach(page, (language) => inspect(page, `remembered-${language}`));
    await page.goto(`${page.url().split("?")[0]}?guest_language=en`);
    await page.keyboard.press("Enter");
    await sees(page, say("enter-passcode.title"));
    await page.getByText("m•••@example.com").first().waitFor();
    await page.goto(await url());
    await page.getByRole("button", { name: say("remembered.not-you") }).click();
    await chip.waitFor({ state: "detached" });
    expect(await page.getByLabel(say("enter-email.label")).inputValue()).to.equal("");
  });

  it("a likely typing mistake is asked about, and Enter in the field keeps what was typed", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await page.getByLabel(say("enter-email.label")).fill("katherine@gmial.com");
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await page.getByRole("button", { name: say("enter-email.meant-yes", { address: "katherine@gmail.com" }) }).waitFor();
    await inspect(page, "meant");
    await page.getByLabel(say("enter-email.label")).press("Enter");
    await sees(page, say("enter-passcode.title"));
    await page.getByText("katherine@gmial.com").first().waitFor();
  });

  it("an open page goes back to the address when the mail is refused, and a corrected one goes on", async () => {
    site.guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 nobody" });
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await page.getByLabel(say("enter-email.label")).fill("dorothyy@example.com");
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await sees(page, say("correct.title"));
    site.guestpass.mail.answer = () => undefined;
    expect(await page.getByLabel(say("enter-email.label")).inputValue()).to.equal("dorothyy@example.com");
    await inEach(page, (language) => inspect(page, `correct-${language}`));
    await page.goto(`${page.url().split("?")[0]}?guest_language=en`);
    await page.getByLabel(say("enter-email.label")).fill("dorothy@example.com");
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await sees(page, say("enter-passcode.title"));
  });

  it("another code is announced without moving the focus, and the wait counts down", async () => {
    const limited = await Site.start({ GUESTPASS_LIMIT_CODES_PER_ADDRESS: "1/15s,100/1h" });
    try {
      const page = await limited.page();
      await page.goto(limited.fileShare.welcome);
      await limited.askForCode(page, "ada@example.com");
      await page.getByText(say("enter-passcode.nothing")).click();
      const again = page.getByRole("button", { name: say("enter-passcode.resend") });
      expect(await again.getAttribute("class")).to.equal("waiting");
      const left = page.locator("[data-left]");
      const before = await left.textContent();
      await eventually("the wait counts down", async () => (await left.textContent()) !== before);
      await page.locator("#resend-wait").waitFor({ state: "hidden" });
      expect(await again.getAttribute("class")).to.equal("");
      limited.guestpass.clock.advance({ seconds: 20 });
      await again.click();
      await page.getByRole("status").filter({ hasText: "We sent another code at" }).waitFor();
      expect(await page.evaluate("document.activeElement.textContent")).to.equal(say("enter-passcode.resend"));
    } finally {
      await limited.stop();
    }
  });

  it("the mailbox is a link where its domain is well known, and nothing is loaded from there", async () => {
    const application = await site.guestpass.register("mails", { name: "Project mails" });
    const url = async () => (await site.guestpass.authorizationRequest(application)).url;
    const page = await site.page();
    const hosts = new Set<string>();
    page.on("request", (request) => hosts.add(new URL(request.url()).hostname));
    for (const [address, name, host] of [
      ["mary@gmail.com", "Gmail", "mail.google.com"],
      ["mary@web.de", "WEB.DE", "web.de"],
    ] as const) {
      await page.goto(await url());
      await site.askForCode(page, address);
      const link = page.getByRole("link", { name: say("enter-passcode.open-mail", { name }) });
      expect(new URL((await link.getAttribute("href")) ?? "").hostname).to.equal(host);
    }
    expect([...hosts]).to.not.include.members(["mail.google.com"]);
    await page.goto(await url());
    await site.askForCode(page, "mary@small.example");
    expect(await page.locator("a[target=_blank]").count()).to.equal(0);
  });
});

/** How far (layout shift) what is on the page moved since it was loaded. */
function shiftOf(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const { value } of list.getEntries()) sum += value; }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 300);
  })`);
}
