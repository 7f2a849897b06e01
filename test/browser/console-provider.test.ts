import { expect } from "chai";
import { Chromium } from "../support/chromium.ts";
import { Guestpass } from "../support/guestpass.ts";
import { Organisation } from "../support/organisation.ts";
import { inspect } from "../support/screens.ts";

describe("the console, in Chromium, by the organisation's own provider", () => {
  let organisation: Organisation;
  let guestpass: Guestpass;
  let chromium: Chromium;

  before(async () => {
    organisation = await Organisation.prepared();
    guestpass = await Guestpass.start({ ...organisation.settings, GUESTPASS_ORGANISATION: "Acme" });
    await organisation.start(`${guestpass.issuer}/console/provider/callback`);
    chromium = await Chromium.start();
  });
  after(async () => {
    await chromium.stop();
    await guestpass.stop();
    await organisation.stop();
  });

  it("is entered there, and asked there once more in a tab of its own before something is taken away", async () => {
    organisation.person = { sub: "grace-1", email: "grace@acme.example", groups: ["guest-owners"] };
    const sub = await guestpass.addGuest("ada@example.com");
    const page = await chromium.page();
    await page.goto(`${guestpass.issuer}/console`);
    await inspect(page, "console-provider-sign-in");
    await page.getByRole("link", { name: "Sign in with Acme" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();

    guestpass.clock.advance({ minutes: 16 });
    await page.goto(`${guestpass.issuer}/console/guests/${sub}/suspend`);
    await page.getByLabel("Reason").fill("left the partner company");
    await page.getByRole("button", { name: "Suspend" }).click();
    await inspect(page, "console-provider-confirm");
    const opened = page.context().waitForEvent("page");
    await page.getByRole("link", { name: "Sign in with Acme once more" }).click();
    const tab = await opened;
    await tab.getByRole("heading", { name: "It is you" }).waitFor();
    await tab.close();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("Suspended: left the partner company").waitFor();
  });

  it("tells somebody without a role what is missing", async () => {
    organisation.person = { sub: "eve", email: "eve@acme.example" };
    const stranger = await chromium.page();
    await stranger.goto(`${guestpass.issuer}/console/provider`);
    await stranger.getByRole("heading", { name: "You have no role here" }).waitFor();
    await inspect(stranger, "console-provider-no-role");
    expect(await stranger.getByRole("link", { name: "Other ways to sign in" }).isVisible()).to.equal(true);
  });
});
