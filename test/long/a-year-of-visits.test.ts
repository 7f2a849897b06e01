import { expect } from "chai";
import { operator } from "../../src/audit/audit.ts";
import type { Answer, Browser } from "../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";

const ada = "ada@example.com";

describe("a guest who comes by day after day", () => {
  let guestpass: Guestpass;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_SESSION_DAYS: "60" });
  });
  afterEach(() => guestpass.stop());

  /** Signs in anew where the application does not let the guest in silently. @returns how many codes were asked for */
  async function visitDaily(application: RegisteredApplication, days: number): Promise<number> {
    const browser = guestpass.browser();
    await guestpass.signIn(browser, await guestpass.authorizationRequest(application), ada);
    const first = guestpass.mail.to(ada).length;
    const { url } = await guestpass.authorizationRequest(application, { prompt: "none" });
    for (let visited = 0; visited < days; visited++) {
      // A little more than a day, so that a visit on the day of the deadline comes after it.
      guestpass.clock.advance({ days: 1, seconds: 1 });
      const silent = await browser.open(url);
      if (silent.query["error"] !== undefined)
        await confirm(browser, await browser.open((await guestpass.authorizationRequest(application)).url));
    }
    return guestpass.mail.to(ada).length - first;
  }

  async function confirm(browser: Browser, page: Answer): Promise<Answer> {
    expect(page.title).to.equal("Please confirm your mailbox");
    const before = guestpass.mail.to(ada).length;
    const asked = await browser.submit(page, "/confirm");
    return browser.submit(asked, "/passcode", { code: await guestpass.mail.code(ada, before + 1) });
  }

  async function invite({ clientId }: RegisteredApplication, reverificationDays: number): Promise<void> {
    const body = { email: ada, client_id: clientId, reverification_days: reverificationDays, send_mail: false };
    expect((await guestpass.server.app.admin("createInvitation", { body })).status).to.equal(201);
  }

  for (const { settings, application, guest, invitation } of [
    { settings: 30, application: 45, guest: null, invitation: null },
    { settings: 90, application: 28, guest: 45, invitation: null },
    { settings: 90, application: 45, guest: 28, invitation: null },
    { settings: 90, application: 45, guest: 60, invitation: 35 },
  ]) {
    const rules = [settings, application, guest, invitation].map((days) => days ?? "none").join(", ");
    it(`for a year is asked for as many codes as the schedule has: ${rules} (everywhere, application, guest, invitation)`, async () => {
      await guestpass.server.app.settings.update({ reverificationDays: settings }, operator);
      const admission = invitation === null ? "anyone" : "invited";
      const files = await guestpass.register("files", { admission, policy: { reverificationDays: application } });
      const recorded = await guestpass.server.app.guests.findBySub(await guestpass.addGuest(ada));
      if (recorded && guest !== null) await guestpass.server.app.guests.update(recorded, { reverificationDays: guest }, operator);
      if (invitation !== null) await invite(files, invitation);
      const strictest = Math.min(settings, application ?? settings, guest ?? settings, invitation ?? settings);
      expect(await visitDaily(files, 365)).to.equal(Math.floor(365 / strictest));
    });
  }
});
