// OWASP ASVS 7.4.2: suspending a guest ends everything at once, and not the next guest's anything.
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import type { Browser } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { codeFor, isActive, opens, redeem, refresh, signedIn } from "../../support/protocol.ts";

describe("a guest who is suspended", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
    // A moment later the session would be ended, perhaps between two pages: here it is the use that decides.
    await guestpass.server.app.sessions.stop();
  });
  after(() => guestpass.stop());

  const suspend = async (address: string) => {
    const { app } = guestpass.server;
    for (const guest of (await app.guests.list()).guests)
      if (guest.email === address) await app.guests.suspend(guest.sub, "left the company", operator);
  };
  const silent = async (browser: Browser) =>
    (await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url)).query;

  it("has a session no longer, not even at an application that they had opened", async () => {
    const { browser } = await codeFor(guestpass, application, { address: "ada@example.com" });
    const cookie = await browser.jar.getCookieString(guestpass.issuer);
    expect(await silent(browser)).to.have.property("code");
    await suspend("ada@example.com");
    expect(await silent(browser)).to.include({ error: "login_required" });
    expect(await silent(guestpass.browser({ cookie }))).to.include({ error: "login_required" });
    const page = await browser.open((await guestpass.authorizationRequest(application)).url);
    expect(page.document.querySelector("input[name=email]")).not.to.equal(null);
  });

  it("has an access token and a refresh token no longer", async () => {
    const { accessToken, refreshToken } = await signedIn(guestpass, application, { address: "bob@example.com" });
    expect([await opens(guestpass, accessToken), await isActive(guestpass, application, accessToken)]).to.deep.equal([true, true]);
    await suspend("bob@example.com");
    expect(await opens(guestpass, accessToken)).to.equal(false);
    expect(await isActive(guestpass, application, accessToken)).to.equal(false);
    expect(await isActive(guestpass, application, refreshToken)).to.equal(false);
    expect((await refresh(guestpass, application, refreshToken)).json["error"]).to.equal("invalid_grant");
  });

  it("cannot have a code redeemed that was already issued", async () => {
    const signIn = await codeFor(guestpass, application, { address: "carol@example.com" });
    await suspend("carol@example.com");
    expect((await redeem(guestpass, application, signIn)).json["error"]).to.equal("invalid_grant");
  });

  it("cannot finish a sign-in that was under way, with a code that was right", async () => {
    await signedIn(guestpass, application, { address: "dora@example.com" });
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "dora@example.com");
    const code = await guestpass.mail.code("dora@example.com", 2);
    await suspend("dora@example.com");
    const answer = await browser.submit(page, "/passcode", { code });
    expect(answer.status).to.equal(403);
    expect(answer.title).to.match(/cannot sign in/);
    expect(await silent(browser)).to.include({ error: "login_required" });
  });

  it("cannot go on between the right code and the application", async () => {
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "eve@example.com");
    const proven = await browser.post(page, "/passcode", { code: await guestpass.mail.code("eve@example.com") });
    await suspend("eve@example.com");
    const answer = await browser.follow(proven);
    expect(answer.location, "no code").not.to.contain("code=");
    expect(answer.text, "the mailbox is proven, so it is said").to.match(/suspended/i);
  });

  it("can no longer agree to anything", async () => {
    const thirdParty = await guestpass.register("third-party", { firstParty: false });
    const browser = guestpass.browser();
    const consent = await guestpass.signIn(browser, await guestpass.authorizationRequest(thirdParty), "frank@example.com");
    await suspend("frank@example.com");
    const answer = await browser.submit(consent, "/consent");
    expect(answer.location).not.to.contain(appOrigin);
    expect(answer.title).to.equal("This sign-in is over");
    const anew = await browser.open((await guestpass.authorizationRequest(thirdParty)).url);
    expect(anew.text).to.match(/suspended/i);
  });

  it("leaves the others as they were", async () => {
    const { accessToken, refreshToken, browser } = await signedIn(guestpass, application, { address: "grace@example.com" });
    await signedIn(guestpass, application, { address: "heidi@example.com" });
    await suspend("heidi@example.com");
    expect(await opens(guestpass, accessToken)).to.equal(true);
    expect(await silent(browser)).to.have.property("code");
    expect((await refresh(guestpass, application, refreshToken)).status).to.equal(200);
  });
});
