// OWASP ASVS 2.3.1 and 6.6.2: the steps come in their order, and in the browser that began.
import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("no step of a sign-in can be skipped", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let victim: Browser;
  let attacker: Browser;
  let request: AuthorizationRequest;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  beforeEach(async () => {
    victim = guestpass.browser();
    attacker = guestpass.browser();
    request = await guestpass.authorizationRequest(application);
  });

  const tokenOf = (page: Answer) => page.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
  const postTo = (browser: Browser, page: Answer, step: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    browser.request(`${page.url}/${step}`, { method: "POST", headers, body: new URLSearchParams({ token: tokenOf(page), ...fields }) });
  const isSignedIn = async (browser: Browser) => {
    const silent = await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url);
    return silent.query["error"] !== "login_required";
  };

  it("a code that is posted before one was asked for leads back to the first screen", async () => {
    const page = await attacker.open(request.url);
    const answer = await attacker.follow(await postTo(attacker, page, "passcode", { code: "123456" }));
    expect(answer.status).to.equal(200);
    expect(answer.document.querySelector("input[name=email]")).not.to.equal(null);
    expect(await isSignedIn(attacker)).to.equal(false);
  });

  it("asking for another code before the first one sends nothing", async () => {
    const page = await attacker.open(request.url);
    const answer = await attacker.follow(await postTo(attacker, page, "resend", { email: "grace@example.com" }));
    expect(answer.document.querySelector("input[name=email]")).not.to.equal(null);
    await guestpass.askForCode(attacker, request, "after@example.com");
    await guestpass.mail.wait("after@example.com");
    expect(guestpass.mail.to("grace@example.com")).to.deep.equal([]);
  });

  it("going on to the application without a proof begins again", async () => {
    const page = await attacker.open(request.url);
    const resumed = await attacker.request(page.url.replace("/interaction/", "/auth/"));
    expect(resumed.status).to.equal(303);
    expect(new URL(resumed.location).pathname).to.match(/^\/interaction\//);
    expect((await attacker.follow(resumed)).document.querySelector("input[name=email]")).not.to.equal(null);
  });

  it("agreeing before the sign-in agrees to nothing", async () => {
    const other = await guestpass.register("before-sign-in", { firstParty: false });
    const page = await attacker.open((await guestpass.authorizationRequest(other)).url);
    const answer = await attacker.follow(await postTo(attacker, page, "consent", {}));
    expect(answer.document.querySelector("input[name=email]")).not.to.equal(null);
    expect(await isSignedIn(attacker)).to.equal(false);
  });

  it("a code works in no other browser, and goes on working in the one that asked", async () => {
    const address = "ada@example.com";
    const page = await guestpass.askForCode(victim, request, address);
    const code = await guestpass.mail.code(address);
    const foreign = await guestpass.askForCode(attacker, await guestpass.authorizationRequest(application), address);
    await guestpass.mail.wait(address, 2);
    const refused = await attacker.submit(foreign, "/passcode", { code });
    expect(refused.status).to.equal(422);
    expect(refused.text).to.match(/not right/);
    const answer = await victim.submit(page, "/passcode", { code });
    expect(new URL(answer.location).origin).to.equal(appOrigin);
    expect(await isSignedIn(attacker)).to.equal(false);
  });

  it("the right code and the right form token do not finish another browser's sign-in", async () => {
    const page = await guestpass.askForCode(victim, request, "bob@example.com");
    const code = await guestpass.mail.code("bob@example.com");
    await attacker.open(request.url);
    const own = await attacker.jar.getCookies(page.url, { allPaths: true });
    const ownBrowser = own.find(({ key }) => key.startsWith("guestpass_browser."));
    expect(ownBrowser?.value).to.be.a("string");
    const ownCookies = own.map(({ key, value }) => `${key}=${value}`).join("; ");
    const uid = new URL(page.url).pathname.split("/").at(-1);
    for (const cookie of [
      "",
      ownCookies,
      `guestpass_interaction=${uid}`,
      `guestpass_interaction=${uid}; ${ownBrowser?.key}=${ownBrowser?.value}`,
      `guestpass_interaction=${uid}; ${ownBrowser?.key}=${"A".repeat(43)}`,
    ]) {
      const answer = await postTo(attacker, page, "passcode", { code }, { cookie });
      expect(answer.status, cookie).to.equal(400);
      expect(answer.title).to.equal("You are one step away");
    }
    expect(new URL((await victim.submit(page, "/passcode", { code })).location).origin).to.equal(appOrigin);
  });

  it("the way back to the application is closed to other browsers", async () => {
    const page = await guestpass.askForCode(victim, request, "carol@example.com");
    const finished = await victim.post(page, "/passcode", { code: await guestpass.mail.code("carol@example.com") });
    const stolen = await attacker.open(finished.location);
    expect(stolen.status).to.equal(400);
    expect(stolen.headers.get("location")).to.equal(null);
    const arrived = await victim.follow(finished);
    expect(arrived.query).to.have.property("code");
    expect((await attacker.open(finished.location)).status, "after it was taken").to.equal(400);
    expect((await victim.open(finished.location)).location, "loaded again").to.equal(arrived.location);
    await guestpass.redeem(request, arrived);
    expect((await victim.open(finished.location)).status, "after it was used").to.equal(400);
  });

  it("nobody can agree in someone else's name", async () => {
    const other = await guestpass.register("third-party", { firstParty: false });
    const consent = await guestpass.signIn(victim, await guestpass.authorizationRequest(other), "dora@example.com");
    expect(consent.title).to.match(/asks/);
    const answer = await postTo(attacker, consent, "consent", {});
    expect(answer.status).to.equal(400);
    const again = await victim.open(consent.url);
    expect(again.title).to.equal(consent.title);
  });

  it("agreeing for one application is not agreeing for another", async () => {
    const [one, two] = [await guestpass.register("one", { firstParty: false }), await guestpass.register("two", { firstParty: false })];
    const consent = await guestpass.signIn(victim, await guestpass.authorizationRequest(one), "eve@example.com");
    expect((await victim.submit(consent, "/consent")).query).to.have.property("code");
    const second = await victim.open((await guestpass.authorizationRequest(two)).url);
    expect(second.title).to.equal("Application two asks to know who you are");
  });
});
