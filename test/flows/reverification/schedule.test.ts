import { expect } from "chai";
import * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("a guest proves the mailbox again on the schedule that an administrator set", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    files = await guestpass.register("files");
  });
  afterEach(() => guestpass.stop());

  async function signedIn(application = files) {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, "ada@example.com"));
    return { browser, config: request.config, tokens, claims: tokens.claims() as oidc.IDToken };
  }

  const refused = (attempt: Promise<unknown>) =>
    attempt.then(
      () => "let in",
      (error: { error?: string; status?: number }) => error.error ?? error.status,
    );
  const silently = async (browser: Awaited<ReturnType<typeof signedIn>>["browser"]) => {
    const answer = await browser.open((await guestpass.authorizationRequest(files, { prompt: "none" })).url);
    return new URL(answer.location).searchParams.get("error") ?? "let in";
  };

  it("after 30 days unless another rule is set, and tokens say until when", async () => {
    const { browser, config, tokens, claims } = await signedIn();
    expect(claims["session_expiry"]).to.be.closeTo(Date.now() / 1000 + 30 * 86_400, 60);
    guestpass.clock.advance({ days: 13, hours: 23 });
    expect(await silently(browser)).to.equal("let in");
    guestpass.clock.advance({ days: 13 });
    expect(await silently(browser)).to.equal("let in");
    guestpass.clock.advance({ days: 4 });
    expect(await silently(browser)).to.equal("login_required");
    expect(await refused(oidc.refreshTokenGrant(config, tokens.refresh_token as string))).to.equal("invalid_grant");
  });

  it("and again once the clock is put right, where it was a year ahead of the proof", async () => {
    guestpass.clock.advance({ days: 365 });
    const { browser, config, tokens } = await signedIn();
    guestpass.clock.reset();
    expect(await refused(oidc.fetchUserInfo(config, tokens.access_token, oidc.skipSubjectCheck))).to.not.equal("let in");
    expect(await silently(browser)).to.equal("login_required");
    const asked = await browser.submit(await browser.open((await guestpass.authorizationRequest(files)).url), "/confirm");
    await browser.submit(asked, "/passcode", { code: await guestpass.mail.code("ada@example.com", 2) });
    expect(await silently(browser)).to.equal("let in");
  });

  it("not where another of the guest's mailboxes was proven by the right clock", async () => {
    const { claims } = await signedIn();
    const { aliases, guests } = guestpass.server.app;
    const guest = (await guests.findBySub(claims.sub)) as Guest;
    await aliases.add(guest, parseAddress("ada@work.example") as Address, { otherMailbox: true }, operator);
    guestpass.clock.advance({ days: 365 });
    const browser = guestpass.browser();
    await guestpass.signIn(browser, await guestpass.authorizationRequest(files), "ada@work.example");
    guestpass.clock.reset();
    expect(await silently(browser)).to.equal("let in");
  });

  it("the screen says a period of a day and a half in hours", async () => {
    const { browser } = await signedIn();
    await guestpass.server.app.settings.update({ reverificationDays: 1.5 }, operator);
    guestpass.clock.advance({ days: 2 });
    const page = await browser.open((await guestpass.authorizationRequest(files)).url);
    expect(page.text).to.contain("asks guests to confirm this mailbox every 36 hours");
  });

  it("the screen says why, masks the address and asks for one code", async () => {
    const { browser, claims } = await signedIn();
    await guestpass.server.app.settings.update({ reverificationDays: 1 }, operator);
    guestpass.clock.advance({ days: 2 });
    const request = await guestpass.authorizationRequest(files);
    const page = await browser.open(request.url);
    expect(page.title).to.equal("Please confirm your mailbox");
    expect(page.text).to.contain("asks guests to confirm this mailbox every day");
    expect(page.text).to.contain("a•••@example.com");
    expect(page.body).not.to.contain("ada@example.com");
    const asked = await browser.submit(page, "/confirm");
    expect(asked.body).not.to.contain("ada@example.com");
    const answer = await browser.submit(asked, "/passcode", { code: await guestpass.mail.code("ada@example.com", 2) });
    const again = await guestpass.redeem(request, answer);
    expect(again.claims()?.sub).to.equal(claims.sub);
    expect(again.claims()?.auth_time).to.be.greaterThan(claims.auth_time as number);
    expect(await silently(browser)).to.equal("let in");
  });

  it("tightening the rule binds what was issued before: session, refresh, userinfo and introspection", async () => {
    const { browser, config, tokens, claims } = await signedIn();
    // What the sweep ends stays ended: here it is the use that decides.
    await guestpass.server.app.sessions.stop();
    guestpass.clock.advance({ minutes: 30 });
    expect(await oidc.tokenIntrospection(config, tokens.access_token)).to.include({ active: true });
    await guestpass.server.app.settings.update({ reverificationDays: 1 / 72 }, operator);
    expect(await oidc.tokenIntrospection(config, tokens.access_token)).to.deep.equal({ active: false });
    expect(await refused(oidc.fetchUserInfo(config, tokens.access_token, claims.sub))).to.be.oneOf([401, "invalid_token"]);
    expect(await silently(browser)).to.equal("login_required");
    await guestpass.server.app.settings.update({ reverificationDays: 30 }, operator);
    expect(await silently(browser), "loosening binds at once too").to.equal("let in");
    expect(await refused(oidc.fetchUserInfo(config, tokens.access_token, claims.sub))).to.equal("let in");
  });

  it("loosening it, or fresh proof in another browser, moves the deadline of refresh tokens that were issued before", async () => {
    await guestpass.server.app.settings.update({ reverificationDays: 2 }, operator);
    const [one, other] = [await signedIn(), await signedIn()];
    guestpass.clock.advance({ days: 1 });
    await guestpass.server.app.settings.update({ reverificationDays: 4 }, operator);
    guestpass.clock.advance({ days: 2 });
    const renewed = await oidc.refreshTokenGrant(one.config, one.tokens.refresh_token as string);
    expect(renewed.claims()?.["session_expiry"]).to.be.closeTo(Date.now() / 1000 + 86_400, 60);
    await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(files), "ada@example.com");
    guestpass.clock.advance({ days: 3 });
    expect(await refused(oidc.refreshTokenGrant(one.config, renewed.refresh_token as string))).to.equal("let in");
    guestpass.clock.advance({ days: 2 });
    expect(await refused(oidc.refreshTokenGrant(other.config, other.tokens.refresh_token as string))).to.equal("invalid_grant");
  });

  it("the strictest rule wins: the application's, or the guest's own", async () => {
    const strict = await guestpass.register("strict", { policy: { reverificationDays: 7 } });
    const { claims } = await signedIn(strict);
    expect(claims["session_expiry"]).to.be.closeTo(Date.now() / 1000 + 7 * 86_400, 60);
    const guest = await guestpass.server.app.guests.findBySub(claims.sub);
    if (!guest) throw new Error("no guest");
    await guestpass.server.app.guests.update(guest, { reverificationDays: 2 }, operator);
    const next = await signedIn(strict);
    expect(next.claims["session_expiry"]).to.be.closeTo(Date.now() / 1000 + 2 * 86_400, 60);
  });

  it("no token outlives the deadline", async () => {
    const hourly = await guestpass.register("hourly", { policy: { reverificationDays: 1 / 48 } });
    const { config, tokens, claims } = await signedIn(hourly);
    expect(tokens.expires_in).to.be.within(1790, 1800);
    expect(claims.exp).to.be.at.most(claims["session_expiry"] as number);
    guestpass.clock.advance({ minutes: 20 });
    const again = await oidc.refreshTokenGrant(config, tokens.refresh_token as string);
    expect(again.expires_in).to.be.within(570, 600);
    expect(again.claims()?.exp).to.be.at.most(claims["session_expiry"] as number);
  });
});
