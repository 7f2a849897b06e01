import { expect } from "chai";
import type { Page } from "playwright-core";
import { Chromium } from "../support/chromium.ts";
import { addAuthenticator, administratorLink, enrol } from "../support/console.ts";
import { eventually } from "../support/eventually.ts";
import { Guestpass } from "../support/guestpass.ts";
import { inspect } from "../support/screens.ts";

describe("many guests in the console, with script", () => {
  let guestpass: Guestpass;
  let chromium: Chromium;
  let page: Page;

  before(async () => {
    guestpass = await Guestpass.start();
    await guestpass.register("files", { name: "Acme Files", admission: "invited" });
    for (const [email, name] of [
      ["ada@example.com", "Ada Lovelace"],
      ["joan@example.com", "Joan Clarke"],
      ["kay@example.org", "Kay McNulty"],
    ] as const)
      await guestpass.addGuest(email, { name });
    chromium = await Chromium.start();
    page = await chromium.page();
    await addAuthenticator(page);
    await enrol(page, await administratorLink(guestpass, "grace@acme.example"));
  });
  after(async () => {
    await chromium.stop();
    await guestpass.stop();
  });
  afterEach(() => expect(chromium.complaints()).to.deep.equal([]));

  it("are found as somebody types: the field keeps the focus, and how many there are is said", async () => {
    await page.getByRole("link", { name: "Guests", exact: true }).click();
    const search = page.getByLabel("Part of an address or a name");
    await search.pressSequentially("love");
    await page.getByText("1 guest found").waitFor();
    expect(await page.getByRole("link", { name: "@example" }).allTextContents()).to.deep.equal(["ada@example.com"]);
    expect(await search.evaluate((input) => input === document.activeElement)).to.equal(true);
    expect(new URL(page.url()).search, "no URL holds what was typed").to.equal("");
    await search.fill("nobody of that name");
    await page.getByText("No guest found").waitFor();
    await search.fill("");
    await page.getByText("3 guests found").waitFor();
  });

  it("are ticked, previewed, done and followed", async () => {
    await page.getByLabel("Tick all guests of this page").check();
    expect(await page.getByLabel("Tick kay@example.org").isChecked()).to.equal(true);
    await page.getByLabel("Tick kay@example.org").uncheck();
    await inspect(page, "console-guests-ticked");
    await page.getByRole("button", { name: "Suspend" }).click();
    await page.getByRole("heading", { name: "Suspend 2 guests" }).waitFor();
    await page.getByLabel("Reason").fill("the project is over");
    await inspect(page, "console-job-form");
    await page.getByRole("button", { name: "See what will happen" }).click();
    await page.getByText("2 guests will be suspended.").waitFor();
    await inspect(page, "console-job-ready");
    const { jobs } = guestpass.server.app;
    await jobs.stop();
    await page.getByRole("button", { name: "Suspend 2 guests" }).click();
    await page.getByText("0 of 2 guests").waitFor();
    await inspect(page, "console-job-running");
    jobs.run();
    await page.getByText("2 guests are suspended.").waitFor();
    await page.getByRole("link", { name: "Jobs" }).click();
    await page.getByRole("link", { name: "Suspend 2 guests" }).waitFor();
    await inspect(page, "console-jobs");
  });

  it("and applications and pages are a few keys away", async () => {
    await page.keyboard.press("/");
    const field = page.getByRole("combobox", { name: "Guest, application or page" });
    await field.waitFor();
    await page.getByRole("option", { name: "Overview" }).waitFor();
    await field.fill("acme");
    await page.getByRole("option", { name: "Acme Files" }).waitFor();
    await inspect(page, "console-palette");
    await page.keyboard.press("Escape");
    expect(await field.isVisible()).to.equal(false);
    await page.keyboard.press("Control+k");
    await field.fill("example.com");
    await eventually("the two guests are there, and nothing else", async () => (await page.getByRole("option").count()) === 2);
    await page.keyboard.press("ArrowDown");
    const marked = await page.locator("[role=option][aria-selected=true]").textContent();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: marked?.split(" (")[0] ?? "", exact: true }).waitFor();
  });

  it("and administrators make a second passkey on their own page", async () => {
    await page.getByRole("link", { name: "grace@acme.example" }).click();
    await page.getByText("This is your only passkey.").waitFor();
    await inspect(page, "console-me");
    // This browser has a passkey of hers already: the other one is kept by a key that is plugged in.
    await addAuthenticator(page, { transport: "usb" });
    await page.getByRole("button", { name: "Make another passkey" }).click();
    await page.getByLabel("Its name").fill("Security key");
    await inspect(page, "console-another-passkey");
    await page.getByRole("button", { name: "Make the passkey" }).click();
    await page.getByText("The passkey is made.").waitFor();
    await page.getByRole("cell", { name: "Security key" }).waitFor();
  });
});
