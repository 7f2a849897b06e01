// An application that is not first-party learns about a guest what the guest agrees to, and nothing before.
import { expect } from "chai";
import * as oidc from "openid-client";
import type { Application } from "../../../src/applications/application.ts";
import { operator } from "../../../src/audit/audit.ts";
import { day, hour, minute } from "../../../src/clock.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say, times } from "../../support/texts.ts";

const resource = "https://api.example.com/files";

const metadata = { guestpass_resources: { [resource]: { scope: "files:read files:write" } } };

describe("consent", () => {
  let guestpass: Guestpass;
  let partner: RegisteredApplication;
  let browser: Browser;
  /** Agreed to nothing yet. */
  let address: string;
  let guests = 0;

  before(async () => {
    guestpass = await Guestpass.start();
    partner = await guestpass.register("partner", { name: "Partner Portal", firstParty: false, metadata });
  });
  after(() => guestpass.stop());
  beforeEach(() => {
    browser = guestpass.browser();
    address = `ada-${++guests}@example.com`;
  });

  const ask = (params: Record<string, string> = {}, application = partner) => guestpass.authorizationRequest(application, params);
  const signIn = (request: AuthorizationRequest) => guestpass.signIn(browser, request, address);
  const agree = (page: Answer) => browser.submit(page, "/consent");
  const learns = (page: Answer) => page.document.querySelectorAll("main li").map((item) => item.text.trim());

  it("is asked for in plain words: who asks, and what it learns", async () => {
    const page = await signIn(await ask({ scope: "openid email profile" }));
    expect(page.title).to.equal(say("consent.title", { application: "Partner Portal" }));
    expect(learns(page)).to.deep.equal([say("consent.sub"), say("consent.email", { email: address }), say("consent.profile")]);
  });

  it("links to the application's own words about it, where it says something", async () => {
    const policy_uri = "https://partner.example/privacy";
    const tos_uri = "https://partner.example/terms?of=use&v=2";
    const linked = await guestpass.register("linked", { name: "Linked", firstParty: false, metadata: { policy_uri, tos_uri } });
    const links = (page: Answer) => page.document.querySelectorAll("main a").map((link) => [link.text, link.getAttribute("href")]);
    expect(links(await signIn(await ask({}, linked)))).to.deep.equal([
      [say("consent.policy", { application: "Linked" }), policy_uri],
      [say("consent.terms", { application: "Linked" }), tos_uri],
    ]);
    browser = guestpass.browser();
    expect(links(await signIn(await ask()))).to.deep.equal([]);
  });

  it("says until when: until the guest is asked for a code again, or access ends before that", async () => {
    const untilOf = async (application: RegisteredApplication, address: string) => {
      browser = guestpass.browser();
      const request = await ask({ scope: "openid" }, application);
      const page = await guestpass.signIn(browser, request, address);
      const tokens = await guestpass.redeem(request, await agree(page));
      return { text: page.text, expiry: Number(tokens.claims()?.["session_expiry"]) * 1000 };
    };
    const says = (at: number) => say("consent.until", { until: times.moment(at) }).replace(/\s+/g, " ");
    const often = await guestpass.register("often", { firstParty: false, policy: { reverificationDays: 1 } });
    const daily = await untilOf(often, address);
    expect(daily.text).to.include(says(daily.expiry));
    expect(daily.expiry).to.be.closeTo(guestpass.clock.now() + day, minute);
    const sub = await guestpass.addGuest(address);
    const ends = guestpass.clock.now() + 2 * hour;
    const guest = await guestpass.server.app.guests.findBySub(sub);
    await guestpass.server.app.guests.update(guest as Guest, { expiresAt: ends }, operator);
    expect((await untilOf(partner, address)).text).to.include(says(ends));
  });

  it("names no more than the application asks for", async () => {
    expect(learns(await signIn(await ask({ scope: "openid" })))).to.deep.equal([say("consent.sub")]);
  });

  it("names the invitations that the application would be told of, by their scope or as a claim", async () => {
    for (const wish of [
      { scope: "openid invitations" },
      { scope: "openid", claims: JSON.stringify({ userinfo: { invitations: null } }) },
    ]) {
      browser = guestpass.browser();
      expect(learns(await signIn(await ask(wish)))).to.deep.equal([say("consent.sub"), say("consent.invitations")]);
    }
  });

  it("names single claims that are asked for outside a scope", async () => {
    const claims = JSON.stringify({ userinfo: { email: null }, id_token: { name: { essential: true } } });
    const page = await signIn(await ask({ scope: "openid", claims }));
    expect(learns(page)).to.include.members([say("consent.email", { email: address }), say("consent.profile")]);
    const request = await ask({ scope: "openid", claims });
    const tokens = await guestpass.redeem(request, await agree(await browser.open(request.url)));
    const sub = tokens.claims()?.sub as string;
    expect(await oidc.fetchUserInfo(request.config, tokens.access_token, sub)).to.include({ email: address });
  });

  it("names what the application could do at an API in the guest's name", async () => {
    const page = await signIn(await ask({ scope: "openid files:read files:write", resource }));
    expect(learns(page)).to.include(say("consent.resource", { resource, scopes: "files:read, files:write" }));
  });

  it("that is given leads to the application, with just what was agreed to", async () => {
    const request = await ask({ scope: "openid email" });
    const tokens = await guestpass.redeem(request, await agree(await signIn(request)));
    const sub = tokens.claims()?.sub as string;
    const claims = await oidc.fetchUserInfo(request.config, tokens.access_token, sub);
    expect(claims).to.have.all.keys("sub", "email", "email_verified");
  });

  it("that is refused goes back to the application with access_denied, state and iss", async () => {
    const request = await ask();
    const answer = await browser.submit(await signIn(request), "/cancel");
    expect(answer.query).to.include({ error: "access_denied", state: request.state, iss: guestpass.issuer });
    expect(answer.query["error_description"]).to.match(/refused the application's request/);
    expect(answer.query).not.to.have.property("code");
  });

  const asks = (application = "Partner Portal") => say("consent.title", { application });

  it("is asked for once, and remembered in every later session and browser", async () => {
    await agree(await signIn(await ask()));
    expect((await browser.open((await ask()).url)).query).to.include.keys("code");
    expect((await browser.open((await ask({ prompt: "none" })).url)).query).to.include.keys("code");
    browser = guestpass.browser();
    const request = await ask();
    const tokens = await guestpass.redeem(request, await signIn(request));
    const claims = await oidc.fetchUserInfo(request.config, tokens.access_token, tokens.claims()?.sub as string);
    expect(claims["email"]).to.equal(address);
  });

  it("is remembered for what was agreed to, in whichever session, and for nothing more", async () => {
    const narrow = await guestpass.register("narrow", { name: "Narrow", firstParty: false, metadata });
    const one = { scope: "openid files:read", resource };
    const other = { scope: "openid email", claims: JSON.stringify({ userinfo: { name: null } }) };
    await agree(await signIn(await ask(one, narrow)));
    browser = guestpass.browser();
    await agree(await signIn(await ask(other, narrow)));
    expect((await browser.open((await ask(one, narrow)).url)).query, "agreed to in the other session").to.include.keys("code");
    browser = guestpass.browser();
    expect((await signIn(await ask({ scope: "openid email files:read files:write", resource }, narrow))).title).to.equal(asks("Narrow"));
    expect((await browser.open((await ask({ ...one, ...other, scope: "openid email files:read" }, narrow)).url)).query).to.include.keys(
      "code",
    );
  });

  it("is remembered where a session was ended and the mailbox proven again", async () => {
    const request = await ask();
    const tokens = await guestpass.redeem(request, await agree(await signIn(request)));
    await guestpass.server.app.sessions.endAllOf(tokens.claims()?.sub as string, operator);
    expect((await signIn(await ask())).query).to.include.keys("code");
  });

  it("is asked for again where the application's policy or terms are at another address", async () => {
    const { applications } = guestpass.server.app;
    const moving = await guestpass.register("moving", { name: "Moving", firstParty: false });
    await agree(await signIn(await ask({}, moving)));
    const found = (await applications.find("moving")) as Application;
    await applications.update(found, { metadata: { ...found.metadata, policy_uri: "https://moving.example/privacy/2" } }, operator);
    browser = guestpass.browser();
    const page = await signIn(await ask({}, moving));
    expect(page.title).to.equal(asks("Moving"));
    await agree(page);
    browser = guestpass.browser();
    expect((await signIn(await ask({}, moving))).query).to.include.keys("code");
  });

  it("is gone with the guest and with the application", async () => {
    const { applications, consents, lifeCycle, guests } = guestpass.server.app;
    const short = await guestpass.register("short", { name: "Short", firstParty: false });
    const request = await ask({}, short);
    const agreed = await agree(await guestpass.signIn(browser, request, address));
    const sub = (await guestpass.redeem(request, agreed)).claims()?.sub as string;
    await guestpass.signIn(browser, await ask({ prompt: "login" }), address).then(agree);
    expect((await consents.ofGuest(sub)).map(({ clientId }) => clientId)).to.include.members(["short", "partner"]);
    await applications.remove("short", operator);
    expect((await consents.ofGuest(sub)).map(({ clientId }) => clientId)).not.to.include("short");
    await lifeCycle.erase((await guests.findBySub(sub)) as Guest, operator);
    expect(await consents.ofGuest(sub)).to.deep.equal([]);
  });

  it("is asked for again for more than was agreed to, and is no silent matter", async () => {
    await agree(await signIn(await ask({ scope: "openid" })));
    const request = await ask({ scope: "openid email" });
    expect((await browser.open((await ask({ scope: "openid email", prompt: "none" })).url)).query).to.include({
      error: "consent_required",
    });
    const page = await browser.open(request.url);
    expect(learns(page)).to.include(say("consent.email", { email: address }));
    expect((await agree(page)).query).to.include.keys("code");
  });

  it("is asked for again with prompt=consent, of a first-party application too", async () => {
    const own = await guestpass.register("own");
    const request = await ask({ prompt: "consent" }, own);
    const page = await signIn(request);
    expect(page.title).to.equal(say("consent.title", { application: "Application own" }));
    expect((await agree(page)).query).to.include.keys("code");
    expect((await browser.open((await ask({}, own)).url)).query).to.include.keys("code");
    expect((await browser.open((await ask({ prompt: "consent" }, own)).url)).title).to.equal(
      say("consent.title", { application: "Application own" }),
    );
  });

  it("to offline_access is said in words, and gives it", async () => {
    const request = await ask({ scope: "openid offline_access", prompt: "consent" });
    const page = await signIn(request);
    expect(learns(page)).to.include(say("consent.offline"));
    const tokens = await guestpass.redeem(request, await agree(page));
    expect(tokens.scope?.split(" ")).to.have.members(["openid", "offline_access"]);
  });

  it("cannot be taken from one application by another", async () => {
    await agree(await signIn(await ask()));
    const other = await guestpass.register("other", { name: "Other Portal", firstParty: false });
    expect((await browser.open((await ask({}, other)).url)).title).to.equal(say("consent.title", { application: "Other Portal" }));
  });

  it("cannot be given before the guest has signed in", async () => {
    const page = await browser.open((await ask()).url);
    const uid = new URL(page.url).pathname.split("/").at(-1);
    const token = page.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    const body = new URLSearchParams({ token });
    const answer = await browser.follow(await browser.request(`${guestpass.issuer}/interaction/${uid}/consent`, { method: "POST", body }));
    expect(answer.title).to.equal(say("enter-email.title", { application: "Partner Portal" }));
  });
});
