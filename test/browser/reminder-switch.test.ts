import { expect } from "chai";
import { inspect } from "../support/screens.ts";
import { Site, sees } from "../support/site.ts";
import { say } from "../support/texts.ts";

describe("the page that a reminder's header leads to", () => {
  let site: Site;

  before(async () => {
    site = await Site.start();
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("switches reminders off and on again, in a browser that was never here", async () => {
    const sub = await site.guestpass.addGuest("ada@example.com");
    const { reminderSwitch } = site.guestpass.server.app;
    const token = reminderSwitch.tokenOf(sub);
    const page = await site.page();
    await page.goto(`${site.guestpass.issuer}/reminders/${token}`);
    await sees(page, say("reminders.on"));
    await inspect(page, "reminders-on");
    await page.getByRole("button", { name: say("reminders.stop") }).click();
    await sees(page, say("reminders.off"));
    await inspect(page, "reminders-off");
    expect((await reminderSwitch.open(token))?.reminders).to.equal("off");
    await page.getByRole("button", { name: say("reminders.start") }).click();
    await sees(page, say("reminders.on"));
    expect((await reminderSwitch.open(token))?.reminders).to.equal("on");
  });

  it("says of a guest who was erased that nothing is sent any more", async () => {
    const sub = await site.guestpass.addGuest("eve@example.com");
    const { admin, reminderSwitch } = site.guestpass.server.app;
    await admin("eraseGuest", { params: { sub } });
    const page = await site.page();
    await page.goto(`${site.guestpass.issuer}/reminders/${reminderSwitch.tokenOf(sub)}`);
    await sees(page, say("reminders.ended"));
    await inspect(page, "reminders-ended");
  });

  it("says what to do where a part of the link is missing", async () => {
    const sub = await site.guestpass.addGuest("bob@example.com");
    const token = site.guestpass.server.app.reminderSwitch.tokenOf(sub);
    const page = await site.page();
    await page.goto(`${site.guestpass.issuer}/reminders/${token.slice(0, -3)}`);
    await sees(page, say("invitation.unknown.title"));
    await inspect(page, "reminders-unknown");
  });
});
