import { inspect } from "../support/screens.ts";
import { Site, sees, submitCode } from "../support/site.ts";
import { say } from "../support/texts.ts";

describe("the page that asks to confirm a mailbox", () => {
  let site: Site;

  before(async () => {
    site = await Site.start();
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("says why, and one code leads on from it", async () => {
    const application = await site.guestpass.register("board", { name: "Project board", policy: { reverificationDays: 7 } });
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await site.signIn(page, "ada@example.com");
    await page.waitForURL(site.fileShare.welcome);
    site.guestpass.clock.advance({ days: 8 });
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    await sees(page, say("confirm.title"));
    await page.getByText(say("confirm.why", { organisation: "Project board", count: 7 })).waitFor();
    await inspect(page, "confirm");
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await sees(page, say("enter-passcode.title"));
    await inspect(page, "confirm-code");
    const answered = page.waitForRequest(/^https:\/\/app\.example\/callback\?code=/);
    await submitCode(page, await site.guestpass.mail.code("ada@example.com", 3));
    await answered;
  });
});
