// RFC 8252: an application on the guest's own device, which can keep no secret.
import { expect } from "chai";
import * as oidc from "openid-client";
import { Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";

const scheme = "com.example.files:/callback";

describe("a native application", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("native", {
      name: "Files for Desktop",
      metadata: {
        application_type: "native",
        token_endpoint_auth_method: "none",
        redirect_uris: ["http://127.0.0.1/callback", "http://[::1]/callback", scheme],
        post_logout_redirect_uris: [],
      },
    });
  });
  after(() => guestpass.stop());

  const returnsTo = [
    { what: "a loopback port that it chose at run time", uri: "http://127.0.0.1:51004/callback" },
    { what: "a loopback port of IPv6", uri: "http://[::1]:61023/callback" },
    { what: "a scheme of its own", uri: scheme },
  ];

  for (const { what, uri } of returnsTo) {
    it(`gets the guest back at ${what}, after the guest has agreed`, async () => {
      const browser = new Browser({ stopAt: [new URL(uri).origin] });
      const request = await guestpass.authorizationRequest(application, { redirect_uri: uri });
      const consent = await guestpass.signIn(browser, request, "ada@example.com");
      expect(consent.title).to.equal(say("consent.title", { application: "Files for Desktop" }));
      expect(consent.letsFormsLeadOn).to.equal(true);
      const answer = await browser.submit(consent, "/consent");
      expect(answer.location.startsWith(`${uri}?`)).to.equal(true);
      const tokens = await guestpass.redeem(request, answer);
      const refreshed = await oidc.refreshTokenGrant(request.config, tokens.refresh_token as string);
      expect(refreshed.refresh_token).not.to.equal(tokens.refresh_token);
    });
  }

  it("gets nothing at another path, another host or another scheme", async () => {
    for (const uri of ["http://127.0.0.1:51004/other", "http://evil.example/callback", "com.example.other:/callback"]) {
      const request = await guestpass.authorizationRequest(application, { redirect_uri: uri });
      const answer = await guestpass.browser().open(request.url);
      expect(answer.status, uri).to.equal(400);
      expect(answer.headers.get("location"), uri).to.equal(null);
    }
  });

  it("is never answered without an action by the guest: another application may have taken its name (RFC 8252, 8.6)", async () => {
    const uri = "http://127.0.0.1:51004/callback";
    const browser = new Browser({ stopAt: [new URL(uri).origin] });
    const request = await guestpass.authorizationRequest(application, { redirect_uri: uri });
    await browser.submit(await guestpass.signIn(browser, request, "ada@example.com"), "/consent");
    const silent = await guestpass.authorizationRequest(application, { redirect_uri: uri, prompt: "none" });
    expect((await browser.open(silent.url)).query).to.include({ error: "interaction_required" });
    const again = await guestpass.authorizationRequest(application, { redirect_uri: uri });
    expect((await browser.open(again.url)).title).to.equal(say("consent.title", { application: "Files for Desktop" }));
  });

  it("does not get a token without PKCE", async () => {
    const request = new URL((await guestpass.authorizationRequest(application, { redirect_uri: scheme })).url);
    request.searchParams.delete("code_challenge");
    request.searchParams.delete("code_challenge_method");
    const answer = await new Browser({ stopAt: [new URL(scheme).origin] }).open(request.href);
    expect(answer.query).to.include({ error: "invalid_request" });
  });
});
