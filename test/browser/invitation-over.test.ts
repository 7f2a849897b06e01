import { expect } from "chai";
import { inspect } from "../support/screens.ts";
import { Site, sees } from "../support/site.ts";
import { say } from "../support/texts.ts";

describe("the page of an invitation that is over", () => {
  let site: Site;
  let link: string;

  before(async () => {
    site = await Site.start();
    link = await site.fileShare.share("eve@example.com");
    await site.fileShare.press("Revoke", "eve@example.com");
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("says in its title that a new one was requested, and asks nothing twice when it is loaded again", async () => {
    const page = await site.page();
    await page.goto(link);
    await sees(page, say("invitation.over.title"));
    await inspect(page, "invitation-over");
    await page.getByRole("button", { name: say("invitation.over.ask", { sponsor: "Olivia Owner" }) }).click();
    await sees(page, say("invitation.asked.title"));
    expect((await page.title()).startsWith(say("invitation.asked.title"))).to.equal(true);
    await inspect(page, "invitation-asked");
    await page.reload();
    await sees(page, say("invitation.over.title"));
  });

  it("says that a link is not complete", async () => {
    const page = await site.page();
    await page.goto(link.slice(0, -1));
    await sees(page, say("invitation.unknown.title"));
    await inspect(page, "invitation-unknown");
  });
});
