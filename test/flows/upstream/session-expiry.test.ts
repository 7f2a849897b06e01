// A provider says when a session there ends: the one that began with it here lasts no longer.
import { expect } from "chai";
import * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { RelyingServer } from "../../support/relying-server.ts";
import { say } from "../../support/texts.ts";
import { askingHere, Partner } from "../../support/upstream.ts";

const ada = { sub: "ada-1", email: "ada@partner.example", email_verified: true };
const hour = 3600;

describe("the end of a session at a provider", () => {
  let guestpass: Guestpass;
  let relying: RelyingServer;
  let files: RegisteredApplication;
  let partner: Partner;

  beforeEach(async () => {
    relying = await new RelyingServer().start();
    guestpass = await Guestpass.start(askingHere);
    files = await guestpass.register("files", { metadata: { backchannel_logout_uri: relying.url } });
    partner = await Partner.registered(guestpass, "partner");
  });
  afterEach(async () => {
    await partner.stop();
    await guestpass.stop();
    await relying.stop();
  });

  const now = () => Math.floor(guestpass.clock.now() / 1000);
  async function signedIn(
    expiry: unknown,
    params: Record<string, string> = {},
  ): Promise<{ browser: Browser; request: AuthorizationRequest; answer: Answer }> {
    partner.organisation.lie = (claims, sign) => sign({ ...claims, session_expiry: expiry });
    return partner.signIn(files, ada, ada.email, { params });
  }
  async function silently(browser: Browser): Promise<string | undefined> {
    const answer = await browser.open((await guestpass.authorizationRequest(files, { prompt: "none" })).url);
    return answer.query["error"];
  }
  const refused = (attempt: Promise<unknown>) =>
    attempt.then(
      () => "nothing",
      ({ error }: { error?: string }) => error,
    );

  it("ends the one that began with it: its tokens too, and the application is told", async () => {
    const end = now() + 2 * hour;
    const { browser, request, answer } = await signedIn(end);
    const elsewhere = guestpass.browser();
    partner.organisation.lie = undefined;
    expect((await partner.signIn(files, ada, ada.email, { browser: elsewhere })).answer.query).to.have.property("code");
    const tokens = await guestpass.redeem(request, answer);
    expect(tokens.claims()?.["session_expiry"]).to.equal(end);
    guestpass.clock.advance({ minutes: 110 });
    const refreshed = await oidc.refreshTokenGrant(request.config, tokens.refresh_token as string);
    expect(refreshed.claims()?.["session_expiry"]).to.equal(end);
    expect(refreshed.expires_in, "no token outlives it").to.be.at.most(600);
    expect(await silently(browser)).to.equal(undefined);
    expect(relying.received).to.have.length(0);

    guestpass.clock.advance({ minutes: 11 });
    expect(await silently(browser)).to.equal("login_required");
    await eventually("the application is told", () => relying.received.length > 0);
    expect(await refused(oidc.refreshTokenGrant(request.config, refreshed.refresh_token as string))).to.equal("invalid_grant");
    expect(await silently(elsewhere), "another browser's goes on").to.equal(undefined);
    const { entries } = await guestpass.server.app.audit.list({ action: "session.ended" }, 10);
    expect(entries).to.have.length(1);
    expect(relying.received).to.have.length(1);
  });

  it("may have a fraction of a second, as a time of RFC 7519 may", async () => {
    const { db } = guestpass.server.app;
    await signedIn(now() + hour + 0.1234);
    await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
    await eventually("the sessions are checked", async () => (await db("session_checks")).length === 0);
    guestpass.clock.advance({ minutes: 61 });
    await eventually("the application is told", () => relying.received.length === 1);
  });

  it("is looked at by whoever asks, before anybody has ended the session", async () => {
    // A refresh token that is to outlive the session does not outlive this one.
    const { browser, request, answer } = await signedIn(now() + hour, { scope: "openid email offline_access", prompt: "consent" });
    const tokens = await guestpass.redeem(request, await browser.submit(answer, "/consent"));
    await guestpass.server.app.sessions.stop();
    guestpass.clock.advance({ minutes: 61 });
    expect(await silently(browser)).to.equal("login_required");
    expect(await refused(oidc.refreshTokenGrant(request.config, tokens.refresh_token as string))).to.equal("invalid_grant");
    const info = await fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(info.status).to.equal(401);
  });

  it("moves no deadline, and binds no sign-in that came after it", async () => {
    const late = await signedIn(now() + 400 * 24 * hour);
    const told = (await guestpass.redeem(late.request, late.answer)).claims()?.["session_expiry"];
    expect(Number(told)).to.be.closeTo(now() + 30 * 24 * hour, 60);

    const { browser } = await signedIn(now() + hour);
    const request = await guestpass.authorizationRequest(files, { prompt: "login" });
    const choice = await browser.submit(await browser.open(request.url), "/email", { email: ada.email });
    const asked = await browser.submit(choice, "/remembered", { way: "code" });
    await browser.submit(asked, "/passcode", { code: await guestpass.mail.code(ada.email) });
    guestpass.clock.advance({ hours: 2 });
    expect(await silently(browser), "a code, as ever").to.equal(undefined);
  });

  it("is believed where it is a time to come, and otherwise nothing of the answer", async () => {
    for (const wrong of [now() - 1, 0, -1, null, String(now() + hour), "", {}, [now() + hour], true]) {
      const { answer, browser } = await signedIn(wrong);
      expect(answer.text, JSON.stringify(wrong)).to.contain(say("upstream.not-believed", { provider: "Partner" }));
      expect(await silently(browser), JSON.stringify(wrong)).to.equal("login_required");
    }
    expect(await guestpass.server.app.db("guests")).to.have.length(0);
  });
});
