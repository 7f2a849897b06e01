import { expect } from "chai";
import * as oidc from "openid-client";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";

describe("a guest signs in to a relying application", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  it("with an emailed code: tokens, userinfo, refresh, introspection, revocation and sign-out work", async () => {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const answer = await guestpass.signIn(browser, request, "ada@example.com");
    const tokens = await guestpass.redeem(request, answer);
    const claims = tokens.claims() as oidc.IDToken;
    expect(claims.sub).to.match(/^[0-9a-f-]{36}$/);
    expect(claims["amr"]).to.deep.equal(["otp"]);
    expect(claims["acr"]).to.equal("urn:guestpass:acr:mailbox");
    expect(claims.auth_time).to.be.closeTo(Date.now() / 1000, 60);
    expect(claims).not.to.have.property("email");

    const userinfo = await oidc.fetchUserInfo(request.config, tokens.access_token, claims.sub);
    expect(userinfo).to.include({ sub: claims.sub, email: "ada@example.com", email_verified: true, locale: "en" });

    const refreshed = await oidc.refreshTokenGrant(request.config, tokens.refresh_token as string);
    expect(refreshed.claims()?.sub).to.equal(claims.sub);
    expect(await oidc.tokenIntrospection(request.config, refreshed.access_token)).to.include({ active: true, sub: claims.sub });
    await oidc.tokenRevocation(request.config, refreshed.access_token);
    expect(await oidc.tokenIntrospection(request.config, refreshed.access_token)).to.deep.equal({ active: false });

    const endSession = oidc.buildEndSessionUrl(request.config, {
      id_token_hint: tokens.id_token as string,
      post_logout_redirect_uri: "https://app.example/signed-out",
      state: "bye",
    });
    const asked = await browser.open(endSession.href);
    expect(asked.title).to.equal("Sign out?");
    const left = await browser.submit(asked, "/session/end/confirm", { logout: "yes" });
    expect(left.location).to.equal("https://app.example/signed-out?state=bye");
    const silent = await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url);
    expect(new URL(silent.location).searchParams.get("error")).to.equal("login_required");
  });
});
