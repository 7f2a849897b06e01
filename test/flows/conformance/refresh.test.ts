// OpenID Connect Core 1.0, sections 11 and 12; RFC 6749, section 6; RFC 9700, section 4.14.
import { expect } from "chai";
import * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import type { Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("a refresh token", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let config: oidc.Configuration;
  let browser: Browser;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
    config = await guestpass.client(application);
  });
  after(() => guestpass.stop());
  beforeEach(() => {
    browser = guestpass.browser();
  });
  afterEach(() => guestpass.clock.reset());

  async function signIn() {
    const request = await guestpass.authorizationRequest(application);
    return guestpass.redeem(request, await guestpass.signIn(browser, request, "ada@example.com"));
  }

  /** offline_access is given with consent only (OpenID Connect Core 1.0, section 11). */
  async function signInForOfflineAccess() {
    const request = await guestpass.authorizationRequest(application, { scope: "openid email offline_access", prompt: "consent" });
    const consent = await guestpass.signIn(browser, request, "ada@example.com");
    return guestpass.redeem(request, await browser.submit(consent, "/consent"));
  }

  const refresh = (token: string | undefined, by = config) => oidc.refreshTokenGrant(by, token as string);
  const refused = (token: string | undefined, by = config) =>
    refresh(token, by).then(
      () => "tokens",
      (error: oidc.ResponseBodyError) => error.error,
    );

  async function signOut(tokens: { id_token?: string | undefined }): Promise<void> {
    const url = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token as string });
    await browser.submit(await browser.open(url.href), "/session/end/confirm", { logout: "yes" });
  }

  it("gives new tokens about the same sign-in: sub, auth_time, iss and aud stay", async () => {
    const tokens = await signIn();
    const { sub, auth_time, iss, aud, iat } = tokens.claims() as oidc.IDToken;
    guestpass.clock.advance({ minutes: 10 });
    const refreshed = await refresh(tokens.refresh_token);
    const claims = refreshed.claims() as oidc.IDToken;
    expect(claims).to.deep.include({ sub, auth_time, iss, aud });
    expect(claims.iat).to.be.at.least(iat + 600);
    expect(refreshed.access_token).not.to.equal(tokens.access_token);
    expect((await oidc.fetchUserInfo(config, refreshed.access_token, sub)).email).to.equal("ada@example.com");
  });

  it("stays the same for an application that proves who it is", async () => {
    const tokens = await signIn();
    const refreshed = await refresh(tokens.refresh_token);
    expect(refreshed.refresh_token).to.equal(tokens.refresh_token);
    expect(await refused(tokens.refresh_token)).to.equal("tokens");
  });

  it("is refused to another application, and goes on working for its own", async () => {
    const other = await guestpass.client(await guestpass.register("other"));
    const tokens = await signIn();
    expect(await refused(tokens.refresh_token, other)).to.equal("invalid_grant");
    expect(await refused(tokens.refresh_token)).to.equal("tokens");
  });

  it("gives fewer scopes where fewer are asked for, and never more", async () => {
    const tokens = await signIn();
    const fewer = await oidc.refreshTokenGrant(config, tokens.refresh_token as string, { scope: "openid" });
    expect(fewer.scope).to.equal("openid");
    const more = oidc.refreshTokenGrant(config, fewer.refresh_token as string, { scope: "openid admin" });
    expect(await more.catch((error: oidc.ResponseBodyError) => error.error)).to.equal("invalid_scope");
  });

  it("without offline_access ends when the guest signs out", async () => {
    const tokens = await signIn();
    expect(tokens.scope).not.to.match(/offline_access/);
    await signOut(tokens);
    expect(await refused(tokens.refresh_token)).to.equal("invalid_grant");
  });

  it("with offline_access lives on when the guest signs out", async () => {
    const tokens = await signInForOfflineAccess();
    expect(tokens.scope?.split(" ")).to.include("offline_access");
    await signOut(tokens);
    expect(await refused(tokens.refresh_token)).to.equal("tokens");
  });

  for (const [how, end] of Object.entries({
    "an administrator ends the guest's sessions, though the guest had signed out": (sub: string) =>
      guestpass.server.app.sessions.endAllOf(sub, operator),
    "the guest is suspended, and is not back when resumed": async (sub: string) => {
      await guestpass.server.app.guests.suspend(sub, "left", operator);
      await guestpass.server.app.guests.resume(sub, operator);
    },
    "an invitation to the application is revoked, and is not back with a new one": async () => {
      const { admin } = guestpass.server.app;
      const invite = () => admin("createInvitation", { body: { client_id: "files", email: "ada@example.com", send_mail: false } });
      await admin("revokeInvitation", { params: { id: String((await invite()).body["id"]) } });
      await invite();
    },
  }))
    it(`with offline_access ends when ${how}`, async () => {
      const tokens = await signInForOfflineAccess();
      await signOut(tokens);
      await end(tokens.claims()?.sub ?? "");
      expect(await refused(tokens.refresh_token)).to.equal("invalid_grant");
    });

  it("does not outlive the 14 days of the first one, however often it is used", async () => {
    const tokens = await signInForOfflineAccess();
    guestpass.clock.advance({ days: 13 });
    const refreshed = await refresh(tokens.refresh_token);
    guestpass.clock.advance({ days: 1, minutes: 1 });
    expect(await refused(refreshed.refresh_token)).to.equal("invalid_grant");
  });

  it("asked for as offline_access without consent is bound to the session, and is no error", async () => {
    const request = await guestpass.authorizationRequest(application, { scope: "openid offline_access" });
    const tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, "ada@example.com"));
    expect(tokens.scope).to.equal("openid");
    await signOut(tokens);
    expect(await refused(tokens.refresh_token)).to.equal("invalid_grant");
  });
});
