import { expect } from "chai";
import type { Page } from "playwright-core";
import type { Guest } from "../../src/guests/guest.ts";
import { Chromium } from "../support/chromium.ts";
import { addAuthenticator, administratorLink, enrol } from "../support/console.ts";
import { Guestpass } from "../support/guestpass.ts";
import { inspect } from "../support/screens.ts";
import { say, sayIn } from "../support/texts.ts";

describe("the administrators' console", () => {
  let guestpass: Guestpass;
  let chromium: Chromium;
  let page: Page;

  before(async () => {
    guestpass = await Guestpass.start();
    chromium = await Chromium.start();
    page = await chromium.page();
    await addAuthenticator(page);
    await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
  });
  after(async () => {
    await chromium.stop();
    await guestpass.stop();
  });
  afterEach(() => expect(chromium.complaints()).to.deep.equal([]));

  it("is entered with a passkey, made by a link that works once", async () => {
    const link = await administratorLink(guestpass, "grace@acme.example");
    await page.goto(link);
    await inspect(page, "console-enrol");
    await enrol(page, link);
    await inspect(page, "console-overview");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to the console" }).waitFor();
    await inspect(page, "console-sign-in");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    const other = await chromium.page();
    await other.goto(link);
    await other.getByRole("button", { name: "Go on" }).click();
    await other.getByRole("heading", { name: "This link no longer works" }).waitFor();
    await other.context().close();
  });

  it("finds a guest by part of a name and shows all that is known", async () => {
    await page.getByRole("link", { name: "Guests" }).click();
    await page.getByLabel("Part of an address or a name").fill("lovelace");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("link", { name: "ada@example.com" }).waitFor();
    await inspect(page, "console-guests");
    await page.getByRole("link", { name: "ada@example.com" }).click();
    await page.getByRole("heading", { name: "Ada Lovelace" }).waitFor();
    await inspect(page, "console-guest");
  });

  it("explains why a guest does not get in, and has the button that mends it", async () => {
    await guestpass.register("files", { name: "Files", admission: "invited" });
    await page.getByRole("link", { name: "Why can't this guest get in?" }).click();
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByRole("heading", { name: "ada@example.com is not invited to Files." }).waitFor();
    await inspect(page, "console-why");
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByText("gets in with a code").waitFor();
    await inspect(page, "console-why-mended");
    await page.getByRole("link", { name: "Open the guest" }).click();
  });

  it("asks for the reason of a suspension, and for the passkey once more where it was last used long ago", async () => {
    guestpass.clock.advance({ minutes: 20 });
    await page.getByRole("link", { name: "Suspend" }).click();
    await page.getByLabel("Reason").fill("left the partner company");
    await page.getByRole("button", { name: "Suspend" }).click();
    await page.getByRole("heading", { name: "Is it you?" }).waitFor();
    await inspect(page, "console-is-it-you");
    await page.getByRole("button", { name: "Use my passkey" }).click();
    await page.getByText("Suspended: left the partner company").waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await page.getByRole("cell", { name: "guest.suspended" }).waitFor();
  });

  it("shows that a guest asks to be erased, and takes the reason why not", async () => {
    const { guests, lifeCycle } = guestpass.server.app;
    const sub = await guestpass.addGuest("dora@example.com", { name: "Dora" });
    await lifeCycle.askForErasure((await guests.findBySub(sub)) as Guest, { who: `guest:${sub}`, channel: "account", network: null });
    await page.goto(`${guestpass.issuer}/console/guests/${sub}`);
    await page.getByRole("heading", { name: "Dora" }).waitFor();
    await inspect(page, "console-erasure-asked");
    await page.getByRole("link", { name: "Decline" }).click();
    await page.getByLabel("Reason").fill("Your contract runs until 31 March.");
    await inspect(page, "console-erasure-decline");
    await page.getByRole("button", { name: "Decline" }).click();
    await page.getByText("Declined. The guest's own page shows the reason.").waitFor();
  });

  it("shows an application as its guests see it, in any language, light and dark, before it is saved too", async () => {
    await page.goto(`${guestpass.issuer}/console/applications/files`);
    await page.getByLabel("Colour").fill("#e91e63");
    await inspect(page, "console-application");
    await page.getByRole("button", { name: "Preview before saving" }).click();
    const phone = () => page.frameLocator("iframe.phone");
    await phone()
      .getByRole("heading", { name: say("enter-email.title", { application: "Files" }) })
      .waitFor();
    await page.getByLabel("Screen or mail").selectOption("enter-passcode");
    await page.getByLabel("Language").selectOption("ar");
    await page.getByLabel("Scheme").selectOption("dark");
    await page.getByRole("button", { name: "Show" }).click();
    await phone()
      .getByRole("heading", { name: sayIn("ar")("enter-passcode.title") })
      .waitFor();
    await inspect(page, "console-preview");
    await page.getByLabel("Screen or mail").selectOption("mail-passcode");
    await page.getByLabel("Language").selectOption("de");
    await page.getByRole("button", { name: "Show" }).click();
    await phone().getByText("482913", { exact: true }).waitFor();
    await inspect(page, "console-preview-mail");
  });
});
