import { addAuthenticator, administratorLink, enrol } from "../support/console.ts";
import { inspect } from "../support/screens.ts";
import { Site, sees, submitCode } from "../support/site.ts";
import { say } from "../support/texts.ts";
import { askingHere, Partner } from "../support/upstream.ts";

const ada = { sub: "ada-1", email: "ada@example.com", email_verified: true };
const grace = { sub: "grace-2", email: "grace@example.com", email_verified: true };

describe("signing in at a partner's provider, in a browser", () => {
  let site: Site;
  let partner: Partner;

  before(async () => {
    site = await Site.start(askingHere);
    partner = await Partner.registered(site.guestpass, "partner", { domains: ["example.com"] });
  });
  after(async () => {
    await partner.stop();
    await site.stop();
  });
  afterEach(() => site.expectNoComplaints());

  it("offers it beside the code, comes back signed in, and confirms a mailbox that is due", async () => {
    const application = await site.guestpass.register("board", { name: "Project board", policy: { reverificationDays: 7 } });
    const page = await site.page();
    partner.organisation.person = ada;
    await page.goto(site.fileShare.welcome);
    await page.getByLabel(say("enter-email.label")).fill(ada.email);
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await sees(page, say("ways.title"));
    await inspect(page, "ways");
    await page.getByRole("button", { name: say("ways.upstream", { provider: "Partner" }) }).click();
    await page.waitForURL(site.fileShare.welcome);

    site.guestpass.clock.advance({ days: 8 });
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    await sees(page, say("confirm.title"));
    await inspect(page, "confirm-upstream");
    const again = page.waitForRequest(/^https:\/\/app\.example\/callback\?code=/);
    await page.getByRole("button", { name: say("ways.upstream", { provider: "Partner" }) }).click();
    await again;

    const own = await page.context().newPage();
    await own.goto(`${site.guestpass.issuer}/account`);
    await own.getByRole("heading", { name: say("account.upstreams.title") }).waitFor();
    await inspect(own, "account-upstreams");
  });

  it("is registered in the console, where a guest's account is seen", async () => {
    const page = await site.page();
    await addAuthenticator(page);
    await enrol(page, await administratorLink(site.guestpass, "grace@acme.example"));
    await page.getByRole("link", { name: "Providers" }).click();
    await page.getByRole("link", { name: "Partner" }).waitFor();
    await inspect(page, "console-providers");
    await page.getByRole("link", { name: "Partner" }).click();
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    await inspect(page, "console-provider");
    const { items } = (await site.guestpass.server.app.admin("listGuests", {})).body as { items: { sub: string; email: string }[] };
    await page.goto(`${site.guestpass.issuer}/console/guests/${items.find(({ email }) => email === ada.email)?.sub}/sessions`);
    await page.getByRole("heading", { name: "Accounts at providers" }).waitFor();
    await inspect(page, "console-guest-accounts");
  });

  it("says why it did not lead in, and the code does", async () => {
    const application = await site.guestpass.register("files", { name: "Acme Files" });
    const page = await site.page();
    const begin = async (person: typeof ada | undefined) => {
      partner.organisation.person = person;
      await page.goto((await site.guestpass.authorizationRequest(application, { prompt: "login" })).url);
      await page.getByLabel(say("enter-email.label")).fill(grace.email);
      await page.getByRole("button", { name: say("enter-email.submit") }).click();
      await page.getByRole("button", { name: say("ways.upstream", { provider: "Partner" }) }).click();
    };
    await begin(ada);
    await sees(page, say("upstream.failed.title"));
    await inspect(page, "upstream-mismatch");
    await begin(undefined);
    await page.getByText(say("upstream.cancelled", { provider: "Partner" })).waitFor();
    await partner.change({ grade: "proves-the-person" });
    await begin(grace);
    await sees(page, say("upstream.link.title"));
    await inspect(page, "upstream-link");
    await page.getByRole("button", { name: say("ways.code") }).click();
    await sees(page, say("enter-passcode.title"));
    const answered = page.waitForRequest(/^https:\/\/app\.example\/callback\?code=/);
    await submitCode(page, await site.guestpass.mail.code(grace.email));
    await answered;
  });
});
