// Every page of the console that a link leads to, with something on it: found by following the links, as an owner.
import { expect } from "chai";
import type { Page } from "playwright-core";
import { addAuthenticator, administratorLink, enrol } from "../support/console.ts";
import { eventually } from "../support/eventually.ts";
import { inspect, weigh } from "../support/screens.ts";
import { Site } from "../support/site.ts";

describe("every page of the console is accessible, fits the narrowest phone, and is light", function () {
  this.timeout(600_000);
  let site: Site;
  let page: Page;

  before(async () => {
    site = await Site.start({ GUESTPASS_ORGANISATION: "Example Museum", GUESTPASS_PASSKEYS: "on" });
    const { mail, server } = site.guestpass;
    const { app } = server;
    page = await site.page();
    await page.goto(site.fileShare.welcome);
    await site.signIn(page, "ada@example.com");
    await page.waitForURL(site.fileShare.welcome);
    const body = {
      client_id: site.fileShare.clientId,
      email: "a.guest.with.a.rather.long.name@subsidiary.company.example",
      sponsor_name: "Grace Hopper",
      label: "A plan with a long name, for the bridge over the river, 2nd draft.txt",
    };
    mail.answer = () => ({ code: 550, text: "5.1.1 no such mailbox here" });
    const id = (await app.admin("createInvitation", { body })).body["id"] as string;
    await eventually("its mail is refused", async () => {
      const { body: invitation } = await app.admin("readInvitation", { params: { id } });
      return (invitation["mail"] as { state: string }).state === "refused";
    });
    mail.answer = () => undefined;
    await addAuthenticator(page);
    await enrol(page, await administratorLink(site.guestpass, "grace@museum.example"));
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("found by following its links", async () => {
    const console = `${site.guestpass.issuer}/console`;
    const waiting = [console];
    const known = new Set(waiting.map(kindOf));
    const [seen, wrong]: [string[], string[]] = [[], []];
    for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
      const bytes = weigh(page);
      const answer = await page.goto(address);
      expect(answer?.status(), address).to.equal(200);
      expect(await bytes(), address).to.be.lessThan(60_000);
      const kind = kindOf(address);
      seen.push(kind);
      for (const summary of await page.locator("main summary").all()) await summary.click();
      await inspect(page, `console-page${kind.replaceAll("/", "-")}`).catch((error: Error) => wrong.push(error.message));
      const links = await page.evaluate<string[]>("[...document.querySelectorAll('a[href]:not([download])')].map(({ href }) => href)");
      for (const link of links.map((href) => href.replace(/#.*/, "")))
        if (link.startsWith(`${console}/`) && !/csv/.test(link) && !known.has(kindOf(link))) {
          known.add(kindOf(link));
          waiting.push(link);
        }
    }
    expect(wrong.join("\n")).to.equal("");
    expect(seen).to.include.members([
      "",
      "/guests",
      "/guests/ID",
      "/invitations",
      "/applications",
      "/mail",
      "/audit",
      "/settings",
      "/keys",
    ]);
  });

  /** What an address shows, whichever guest or invitation it shows. */
  function kindOf(address: string): string {
    const path = new URL(address).pathname.replace(/^\/console/, "");
    return path.replace(/\/(?=[^/]*\d)[^/]+/g, "/ID");
  }
});
