import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { findGuest } from "../../../src/cli/lookups.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

/** Days, or null where there is no such rule. */
interface Rules {
  application: number | null;
  guest: number | null;
  invitation: number | null;
}

interface Guest {
  rules: Rules;
  browser: Browser;
  silently: string;
}

/** Each rule set or not; of those that are set, once the first and once the last is the strictest. */
const combinations = [
  { application: 18, guest: 16, invitation: 14 },
  { application: 16, guest: 18, invitation: 20 },
].flatMap((days) =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((set) => ({
    application: set & 1 ? days.application : null,
    guest: set & 2 ? days.guest : null,
    invitation: set & 4 ? days.invitation : null,
  })),
);
/** The rule that holds everywhere: as it is without a word, and set. */
const everywhere = [30, 17];

describe("whatever rules are set", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_SESSION_DAYS: "60" });
    // What the sweep ends stays ended: here rules become stricter and looser again.
    await guestpass.server.app.sessions.stop();
  });
  after(() => guestpass.stop());

  async function signIn(rules: Rules, index: number): Promise<Guest> {
    const { app } = guestpass.server;
    const address = parseAddress(`guest${index}@example.com`) as Address;
    const files = await guestpass.register(`files-${index}`, {
      admission: "invited",
      policy: { reverificationDays: rules.application },
    });
    await invite(files, address, rules.invitation);
    await app.guests.update(await findGuest(app, address.typed), { reverificationDays: rules.guest }, operator);
    const browser = guestpass.browser();
    await guestpass.signIn(browser, await guestpass.authorizationRequest(files), address.typed);
    return { rules, browser, silently: (await guestpass.authorizationRequest(files, { prompt: "none" })).url };
  }

  async function invite({ clientId }: RegisteredApplication, address: Address, reverificationDays: number | null): Promise<void> {
    const { app } = guestpass.server;
    const application = await app.applications.read(clientId);
    if (!application) throw new Error("not registered");
    const rest = { name: null, locale: null, targetUrl: null, label: null, sponsorName: null, sponsorEmail: null, message: null };
    const dates = { redeemBy: Date.now() + 60 * 86_400_000, accessEndsAt: null };
    await app.invitations.invite({ ...rest, ...dates, application, address, reverificationDays, sendMail: false }, operator);
  }

  it("a guest is let in until the strictest of them, and asked from then on", async function () {
    this.timeout(300_000);
    const guests: Guest[] = [];
    for (const [index, rules] of combinations.entries()) guests.push(await signIn(rules, index));
    let passed = 0;
    for (const boundary of [14, 16, 17, 18, 20, 30]) {
      for (const hours of [-1, 1]) {
        const moment = boundary * 24 + hours;
        guestpass.clock.advance({ hours: moment - passed });
        passed = moment;
        for (const settings of everywhere) {
          await guestpass.server.app.settings.update({ reverificationDays: settings }, operator);
          for (const { rules, browser, silently } of guests) {
            const strictest = Math.min(settings, ...Object.values(rules).filter((days) => days !== null));
            const { query } = await browser.open(silently);
            expect(query["error"] ?? "let in", `${JSON.stringify({ settings, ...rules })} after ${moment} hours`).to.equal(
              moment < strictest * 24 ? "let in" : "login_required",
            );
          }
        }
      }
    }
  });
});
