import { expect } from "chai";
import type { Page } from "playwright-core";
import { addAuthenticator, administratorLink, enrol } from "../support/console.ts";
import { inspect } from "../support/screens.ts";
import { Site } from "../support/site.ts";

describe("a sign-in that an administrator tries, in a browser", () => {
  let site: Site;
  let page: Page;

  before(async () => {
    site = await Site.start();
    page = await site.page();
    await addAuthenticator(page);
    await enrol(page, await administratorLink(site.guestpass, "grace@museum.example"));
    await site.guestpass.register("files", { name: "Acme Files", policy: { colour: "#0b6e4f" } });
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("begins at the application's page, shows what the guest sees, and ends with the claims", async () => {
    await page.getByRole("link", { name: "Applications", exact: true }).click();
    await page.getByRole("link", { name: "Acme Files" }).click();
    await page.getByRole("link", { name: "Try a sign-in" }).click();
    await inspect(page, "console-trial");
    await page.getByRole("button", { name: "Begin" }).click();
    await site.signIn(page, "ada@example.com");
    await page.getByRole("heading", { name: "It works" }).waitFor();
    await page.getByText("ada@example.com signed in to Acme Files.").waitFor();
    await page.getByRole("region", { name: "Claims at userinfo" }).getByText("email_verified").waitFor();
    await inspect(page, "console-trial-answer");

    // Columns: chosen by their names, kept for the next time.
    await page.getByRole("link", { name: "Guests", exact: true }).click();
    await page.getByText("Columns", { exact: true }).click();
    await inspect(page, "console-columns");
    await page.getByLabel("Next proof", { exact: true }).last().uncheck();
    await page.getByRole("button", { name: "Show these columns" }).click();
    await page.getByRole("link", { name: "Guests", exact: true }).click();
    expect(await page.getByRole("columnheader", { name: "Next proof" }).count()).to.equal(0);
    await page.getByRole("columnheader", { name: "State" }).waitFor();

    await page.getByRole("link", { name: "Overview", exact: true }).click();
    await inspect(page, "console-overview-charts");
  });
});
