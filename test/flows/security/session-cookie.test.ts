// OWASP ASVS 7.2.3, 7.2.4 and 3.3: identifiers that cannot be guessed, planted or read, and a new one at every sign-in.
import { expect } from "chai";
import type { Browser } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { codeFor, endpoints } from "../../support/protocol.ts";

describe("the session cookie", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  const cookies = async (browser: Browser) => {
    const pairs = (await browser.jar.getCookies(guestpass.issuer)).map(({ key, value }) => [key, value]);
    return Object.fromEntries(pairs) as Record<string, string>;
  };
  /** Whether a browser with these cookies alone is signed in. */
  const signsIn = async (cookie: Record<string, string>) => {
    const { url } = await guestpass.authorizationRequest(application, { prompt: "none" });
    const header = Object.entries(cookie).map(([name, value]) => `${name}=${value}`);
    const { query } = await guestpass.browser({ cookie: header.join("; ") }).open(url);
    if (query["error"]) expect(query["error"]).to.equal("login_required");
    return query["code"] !== undefined;
  };

  it("is signed, out of reach of scripts, and not sent by other sites' forms", async () => {
    const { browser } = await codeFor(guestpass, application);
    const jar = await browser.jar.getCookies(guestpass.issuer);
    const names = jar.map(({ key }) => key.replace(/^(guestpass_browser)\..*/, "$1"));
    expect(names).to.have.members([
      "guestpass_address",
      "guestpass_browser",
      "guestpass_known",
      "guestpass_session",
      "guestpass_session.sig",
    ]);
    for (const cookie of jar) expect(cookie).to.include({ httpOnly: true, sameSite: "lax", path: "/", hostOnly: true });
  });

  it("has more than 128 bits, never the same ones", async () => {
    const seen = new Set<string>();
    for (let index = 0; index < 20; index++) {
      const browser = guestpass.browser();
      await browser.open(guestpass.issuer + endpoints.endSession);
      seen.add((await cookies(browser))["guestpass_session"] as string);
    }
    expect(seen).to.have.lengthOf(20);
    for (const identifier of seen) expect(identifier).to.match(/^[\w-]{43}$/);
  });

  it("is a new one at sign-in, and the earlier one is worth nothing", async () => {
    const browser = guestpass.browser();
    await browser.open(guestpass.issuer + endpoints.endSession);
    const before = await cookies(browser);
    expect(before).to.have.property("guestpass_session");
    await guestpass.signIn(browser, await guestpass.authorizationRequest(application), "grace@example.com");
    const first = await cookies(browser);
    expect(first["guestpass_session"]).not.to.equal(before["guestpass_session"]);
    await guestpass.signIn(browser, await guestpass.authorizationRequest(application, { prompt: "login" }), "grace@example.com");
    const second = await cookies(browser);
    expect(second["guestpass_session"]).not.to.equal(first["guestpass_session"]);
    expect([await signsIn(before), await signsIn(first), await signsIn(second)]).to.deep.equal([false, false, true]);
  });

  it("that an attacker planted does not become the guest's", async () => {
    const attacker = guestpass.browser();
    await attacker.open(guestpass.issuer + endpoints.endSession);
    const planted = await cookies(attacker);
    const victim = guestpass.browser();
    for (const [name, value] of Object.entries(planted)) await victim.jar.setCookie(`${name}=${value}; path=/`, guestpass.issuer);
    const answer = await guestpass.signIn(victim, await guestpass.authorizationRequest(application), "victim@example.com");
    expect(new URL(answer.location).origin).to.equal(appOrigin);
    expect(await signsIn(planted)).to.equal(false);
    expect(await signsIn(await cookies(victim))).to.equal(true);
  });

  it("is worth nothing without its signature, or with another's", async () => {
    const { browser } = await codeFor(guestpass, application);
    const mine = await cookies(browser);
    const other = await cookies((await codeFor(guestpass, application, { address: "bob@example.com" })).browser);
    const session = { guestpass_session: mine["guestpass_session"] as string };
    expect(await signsIn(mine)).to.equal(true);
    expect(await signsIn(session)).to.equal(false);
    expect(await signsIn({ ...session, "guestpass_session.sig": other["guestpass_session.sig"] as string })).to.equal(false);
    expect(await signsIn({ ...session, "guestpass_session.sig": "" })).to.equal(false);
  });

  it("is not renewed by an attacker's made-up value", async () => {
    const browser = guestpass.browser({ cookie: "guestpass_session=made-up; guestpass_session.sig=made-up" });
    await browser.open(guestpass.issuer + endpoints.endSession);
    expect((await cookies(browser))["guestpass_session"]).to.match(/^[\w-]{43}$/);
  });
});
