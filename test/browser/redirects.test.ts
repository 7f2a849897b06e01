import { expect } from "chai";
import type { Page } from "playwright-core";
import { narrow } from "../support/chromium.ts";
import type { AuthorizationRequest, RegisteredApplication } from "../support/guestpass.ts";
import { Landing } from "../support/landing.ts";
import { Site, sees } from "../support/site.ts";
import { say, sayIn } from "../support/texts.ts";

const german = sayIn("de");

// Browsers hold a page's form-action against every redirect that follows a form, so a policy that is a little too strict
// strands a guest between Guestpass and the application. Only a real browser shows it.
describe("the way back to an application on another origin", () => {
  let site: Site;
  let landing: Landing;
  let application: RegisteredApplication;

  before(async () => {
    site = await Site.start();
    landing = await new Landing().start();
    const metadata = { redirect_uris: [`${landing.url}/callback`], post_logout_redirect_uris: [`${landing.url}/signed-out`] };
    application = await site.guestpass.register("board", { name: "Project board", firstParty: false, metadata });
  });
  after(async () => {
    await landing.stop();
    await site.stop();
  });
  afterEach(() => site.expectNoComplaints());

  it("is open after the code and the consent", async () => {
    const page = await site.page();
    const { state } = await begin(page);
    await signInAndAgree(page);
    await arrived(page, "GET", "/callback", { state });
  });

  it("is open for an answer that is posted (response_mode=form_post)", async () => {
    const page = await site.page();
    const { state } = await begin(page, { response_mode: "form_post" });
    await signInAndAgree(page);
    await arrived(page, "POST", "/callback", { state });
  });

  it("is open for a posted answer without JavaScript, after a click", async () => {
    const page = await site.page({ javaScriptEnabled: false });
    const { state } = await begin(page, { response_mode: "form_post" });
    await signInAndAgree(page);
    await page.getByRole("button", { name: say("used.continue") }).click();
    await arrived(page, "POST", "/callback", { state });
  });

  it("is a page that fits a phone, in the guest's language, where it takes a click", async () => {
    const page = await site.page({ javaScriptEnabled: false, viewport: narrow, isMobile: true, hasTouch: true, locale: "de" });
    await askToSignOut(page);
    await page.getByRole("heading", { level: 1, name: german("going-on.title") }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).to.equal("de");
    expect(await page.evaluate<number>("innerWidth")).to.equal(narrow.width);
    const button = page.getByRole("button", { name: german("used.continue") });
    expect((await button.boundingBox())?.height).to.be.at.least(44);
    await button.tap();
    await arrived(page, "GET", "/signed-out", { state: "bye" });
  });

  it("is open for a guest who cancels or refuses", async () => {
    const page = await site.page();
    const cancelled = await begin(page);
    await page.getByRole("button", { name: say("cancel", { application: "Project board" }) }).click();
    await arrived(page, "GET", "/callback", { state: cancelled.state, error: "access_denied" });
    const refused = await begin(page);
    await site.signIn(page, "ada@example.com");
    await page.getByRole("button", { name: say("consent.refuse") }).click();
    await arrived(page, "GET", "/callback", { state: refused.state, error: "access_denied" });
  });

  it("is open for another guest who signs in where one is signed in already", async () => {
    const page = await site.page();
    await begin(page);
    await signInAndAgree(page, "ada@example.com");
    await page.waitForURL(`${landing.url}/**`);
    const { state } = await begin(page, { prompt: "login" });
    await signInAndAgree(page, "bob@example.com");
    await arrived(page, "GET", "/callback", { state });
  });

  it("is open after signing out, and after signing out when nobody is signed in any more", async () => {
    const page = await site.page();
    await begin(page);
    await signInAndAgree(page);
    await page.waitForURL(`${landing.url}/**`);
    await askToSignOut(page);
    await sees(page, say("sign-out.title"));
    await page.getByRole("button", { name: say("sign-out.yes") }).click();
    await arrived(page, "GET", "/signed-out", { state: "bye" });
    await askToSignOut(page);
    await arrived(page, "GET", "/signed-out", { state: "bye" });
  });

  async function askToSignOut(page: Page): Promise<void> {
    landing.arrivals.length = 0;
    const params = { client_id: application.clientId, post_logout_redirect_uri: `${landing.url}/signed-out`, state: "bye" };
    await page.goto(`${site.guestpass.issuer}/session/end?${new URLSearchParams(params)}`);
  }

  async function begin(page: Page, params: Record<string, string> = {}): Promise<AuthorizationRequest> {
    landing.arrivals.length = 0;
    const request = await site.guestpass.authorizationRequest(application, {
      redirect_uri: `${landing.url}/callback`,
      prompt: "consent",
      ...params,
    });
    await page.goto(request.url);
    return request;
  }

  async function signInAndAgree(page: Page, address = "ada@example.com"): Promise<void> {
    await site.signIn(page, address);
    await page.getByRole("button", { name: say("consent.agree") }).click();
  }

  async function arrived(page: Page, method: string, path: string, parameters: Record<string, string>): Promise<void> {
    await page.waitForURL(`${landing.url}${path}**`);
    const [arrival] = landing.arrivals;
    expect(arrival).to.include({ method, path });
    expect(Object.fromEntries(arrival?.parameters ?? [])).to.include(parameters);
  }
});
