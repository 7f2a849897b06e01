// A callback may redirect on, to an address that Guestpass cannot know. Browsers hold a page's form-action against each redirect that
// follows a form, and only a real browser shows it.
import { expect } from "chai";
import type { Page } from "playwright-core";
import type { RegisteredApplication } from "../support/guestpass.ts";
import { Landing } from "../support/landing.ts";
import { Site, sees, submitCode } from "../support/site.ts";
import { say } from "../support/texts.ts";

describe("a callback that redirects on", () => {
  let site: Site;
  let callback: Landing;
  let end: Landing;
  let application: RegisteredApplication;

  before(async () => {
    site = await Site.start();
    callback = await new Landing().start();
    end = await new Landing().start();
    const metadata = { redirect_uris: [`${callback.url}/callback`], post_logout_redirect_uris: [`${callback.url}/bye`] };
    application = await site.guestpass.register("hops", { name: "Hops", firstParty: false, metadata });
  });
  after(async () => {
    await callback.stop();
    await end.stop();
    await site.stop();
  });
  beforeEach(() => {
    callback.arrivals.length = 0;
    end.arrivals.length = 0;
  });

  for (const [response_mode, onward] of Object.entries({ query: "com.acme.app:/cb?code=1", form_post: "acmefiles://done" })) {
    it(`ends at another origin (${response_mode})`, async () => {
      callback.onward = `${end.url}/app`;
      const page = await site.page();
      await signIn(page, { response_mode });
      await page.waitForURL(`${end.url}/app`);
      expect(callback.arrivals.map(({ path, parameters }) => [path, parameters.has("code")])).to.deep.equal([["/callback", true]]);
      site.expectNoComplaints();
    });

    it(`hands over to an application on the device, whatever its scheme (${response_mode})`, async () => {
      callback.onward = onward;
      const page = await site.page();
      const asked = askedToOpen(page);
      await signIn(page, { response_mode });
      expect(await asked).to.equal(onward);
      expect(violations(), "what the policy stopped").to.deep.equal([]);
    });
  }

  it("ends at another origin where the guest cancels", async () => {
    callback.onward = `${end.url}/app`;
    const page = await site.page();
    await begin(page);
    await page.getByRole("button", { name: say("cancel", { application: "Hops" }) }).click();
    await page.waitForURL(`${end.url}/app`);
    site.expectNoComplaints();
  });

  it("ends at another origin, or at an application on the device, after signing out", async () => {
    for (const onward of [`${end.url}/out`, "acmefiles://out"]) {
      callback.onward = undefined;
      const page = await site.page();
      await signIn(page);
      await page.waitForURL(`${callback.url}/**`);
      callback.onward = onward;
      const asked = askedToOpen(page);
      const params = { client_id: application.clientId, post_logout_redirect_uri: `${callback.url}/bye` };
      await page.goto(`${site.guestpass.issuer}/session/end?${new URLSearchParams(params)}`);
      await sees(page, say("sign-out.title"));
      await page.getByRole("button", { name: say("sign-out.yes") }).click();
      if (onward.startsWith("http")) await page.waitForURL(onward);
      else expect(await asked).to.equal(onward);
    }
    expect(violations(), "what the policy stopped").to.deep.equal([]);
  });

  it("can be a pop-up: the application reaches its window all along, and is reached from it", async () => {
    callback.onward = undefined;
    const opening = await site.page();
    await opening.goto(`${callback.url}/app`);
    const request = await site.guestpass.authorizationRequest(application, { redirect_uri: `${callback.url}/callback`, prompt: "consent" });
    const [popUp] = await Promise.all([
      opening.waitForEvent("popup"),
      opening.evaluate(`globalThis.signIn = open(${JSON.stringify(request.url)}, "", "popup"); undefined`),
    ]);
    const looksClosed = () => opening.evaluate<boolean>("globalThis.signIn.closed");
    const code = await site.askForCode(popUp, "ada@example.com");
    expect(await looksClosed(), "while the code is asked for").to.equal(false);
    await submitCode(popUp, code);
    await popUp.getByRole("button", { name: say("consent.agree") }).click();
    await popUp.waitForURL(`${callback.url}/callback**`);
    expect(await looksClosed(), "at the end").to.equal(false);
    expect(await popUp.evaluate<string>("opener.location.pathname")).to.equal("/app");
    const params = { client_id: application.clientId, post_logout_redirect_uri: `${callback.url}/bye` };
    await popUp.goto(`${site.guestpass.issuer}/session/end?${new URLSearchParams(params)}`);
    await popUp.getByRole("button", { name: say("sign-out.yes") }).click();
    await popUp.waitForURL(`${callback.url}/bye**`);
    expect(await looksClosed(), "after signing out").to.equal(false);
  });

  async function begin(page: Page, params: Record<string, string> = {}): Promise<void> {
    const request = await site.guestpass.authorizationRequest(application, {
      redirect_uri: `${callback.url}/callback`,
      prompt: "consent",
      ...params,
    });
    await page.goto(request.url);
  }

  async function signIn(page: Page, params: Record<string, string> = {}): Promise<void> {
    await begin(page, params);
    await site.signIn(page, "ada@example.com");
    await page.getByRole("button", { name: say("consent.agree") }).click();
  }

  /** Resolves with the first address that another program would have to open. */
  function askedToOpen(page: Page): Promise<string> {
    return new Promise((resolve) => {
      page.on("request", (request) => {
        if (!/^(https?|data):/.test(request.url())) resolve(request.url());
      });
    });
  }

  function violations(): string[] {
    return site.chromium.complaints().filter((text) => /Content Security Policy|form-action/i.test(text));
  }
});
