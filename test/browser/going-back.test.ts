import { Site, sees, submitCode, wrong } from "../support/site.ts";
import { say } from "../support/texts.ts";

describe("a page that answers a form", () => {
  let site: Site;

  before(async () => {
    site = await Site.start();
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("is loaded again without sending the form again, and come back to as the page that the sign-in stands at", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    const code = await site.askForCode(page, "ada@example.com");
    await submitCode(page, wrong(code));
    const lastTries = say("enter-passcode.wrong", { count: 4 });
    await page.getByText(lastTries).waitFor();
    for (let times = 0; times < 6; times++) await page.reload();
    await submitCode(page, code);
    await page.waitForURL(site.fileShare.welcome);
    await page.goBack();
    await sees(page, say("finished.title"));
  });
});
