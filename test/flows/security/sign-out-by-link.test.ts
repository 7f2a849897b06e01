// OWASP ASVS 10.6.2; OpenID Connect RP-Initiated Logout 1.0: nobody is signed out by a link or another site's form alone.
import { expect } from "chai";
import type { Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, opens, signedIn } from "../../support/protocol.ts";

describe("a guest is not signed out", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  const endSession = (query: Record<string, string> = {}) => `${guestpass.issuer}${endpoints.endSession}?${new URLSearchParams(query)}`;
  const isSignedIn = async (browser: Browser) =>
    "code" in (await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url)).query;
  const confirm = (browser: Browser, fields: Record<string, string>) =>
    browser.request(`${guestpass.issuer}/session/end/confirm`, { method: "POST", body: new URLSearchParams(fields) });

  it("by a link, with a hint or without: it asks first", async () => {
    const { browser, idToken, accessToken } = await signedIn(guestpass, application);
    const links: Record<string, string>[] = [
      {},
      { client_id: "files" },
      { id_token_hint: idToken },
      { id_token_hint: idToken, post_logout_redirect_uri: "https://app.example/signed-out", state: "s" },
      { logout: "yes", xsrf: "" },
      { logout_hint: "ada@example.com" },
    ];
    for (const query of links) {
      const page = await browser.open(endSession(query));
      expect(page.status, JSON.stringify(query)).to.equal(200);
      expect(page.title).to.equal("Sign out?");
      expect(await isSignedIn(browser), JSON.stringify(query)).to.equal(true);
    }
    expect(await opens(guestpass, accessToken)).to.equal(true);
  });

  it("by another site's form, which cannot know the page's secret", async () => {
    const { browser } = await signedIn(guestpass, application);
    expect((await confirm(browser, { logout: "yes" })).status, "no page was open").to.equal(400);
    await browser.open(endSession());
    const stranger = guestpass.browser();
    const foreign = (await stranger.open(endSession())).document.querySelector("input[name=xsrf]")?.getAttribute("value") as string;
    for (const xsrf of ["", "wrong", foreign, "A".repeat(48)]) {
      expect((await confirm(browser, { logout: "yes", xsrf })).status, xsrf).to.equal(400);
      expect(await isSignedIn(browser), xsrf).to.equal(true);
    }
  });

  it("by opening the address that the form goes to", async () => {
    const { browser } = await signedIn(guestpass, application);
    const page = await browser.open(endSession());
    const xsrf = page.document.querySelector("input[name=xsrf]")?.getAttribute("value") as string;
    const answer = await browser.request(`${guestpass.issuer}/session/end/confirm?${new URLSearchParams({ logout: "yes", xsrf })}`);
    expect(answer.status).to.equal(404);
    expect(await isSignedIn(browser)).to.equal(true);
  });

  it("by saying no", async () => {
    const { browser } = await signedIn(guestpass, application);
    await browser.submit(await browser.open(endSession()), "/session/end/confirm");
    expect(await isSignedIn(browser)).to.equal(true);
  });

  it("except by saying yes: the cookie that was in use before is dead too", async () => {
    const { browser } = await signedIn(guestpass, application);
    const cookie = await browser.jar.getCookieString(guestpass.issuer);
    const done = await browser.submit(await browser.open(endSession()), "/session/end/confirm", { logout: "yes" });
    expect(done.title).to.equal("You are signed out");
    expect(await isSignedIn(browser)).to.equal(false);
    expect(await isSignedIn(guestpass.browser({ cookie }))).to.equal(false);
  });

  it("by choosing to stay, and is told so", async () => {
    const { browser } = await signedIn(guestpass, application);
    const stayed = await browser.submit(await browser.open(endSession()), "/session/end/confirm");
    expect(stayed.title).to.equal("You are still signed in");
    expect(await isSignedIn(browser)).to.equal(true);
  });

  it("twice, by a second tap: the answer is that of the first", async () => {
    const { browser } = await signedIn(guestpass, application);
    const question = await browser.open(endSession());
    const first = await browser.submit(question, "/session/end/confirm", { logout: "yes" });
    const second = await browser.submit(question, "/session/end/confirm", { logout: "yes" });
    expect([first.title, second.title]).to.deep.equal(["You are signed out", "You are signed out"]);
    expect(await isSignedIn(browser)).to.equal(false);
  });
});
