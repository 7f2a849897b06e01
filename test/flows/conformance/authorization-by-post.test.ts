// OpenID Connect Core 1.0, section 3.1.2.1, and RP-Initiated Logout 1.0, section 2: the authorization endpoint and the end-session
// endpoint take POST as well.
import { expect } from "chai";
import { decodeJwt } from "jose";
import * as oidc from "openid-client";
import { Browser } from "../../support/browser.ts";
import { appOrigin, Guestpass, redirectUri } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";
import { throughProxy } from "../../support/tls-proxy.ts";

const verifier = oidc.randomPKCECodeVerifier();
const params = {
  client_id: "files",
  redirect_uri: redirectUri,
  response_type: "code",
  scope: "openid email",
  state: "posted",
  nonce: "once",
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
};

describe("a request by POST", () => {
  describe("where the issuer is https, behind a proxy that terminates TLS", () => {
    const issuer = "https://idp.example";
    let guestpass: Guestpass;
    let browser: Browser;
    let tokens: oidc.TokenEndpointResponse;

    const post = (path: string, body: Record<string, string>) =>
      browser.request(issuer + path, { method: "POST", body: new URLSearchParams(body) });

    before(async () => {
      guestpass = await Guestpass.start({ GUESTPASS_ISSUER: issuer, GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" });
      const { secret } = await guestpass.register("files");
      const via = throughProxy(issuer, guestpass.issuer);
      browser = new Browser({ stopAt: [appOrigin], via });
      const asked = await browser.follow(await post("/auth", params));
      const waiting = await browser.submit(asked, "/email", { email: "ada@example.com" });
      const answer = await browser.submit(waiting, "/passcode", { code: await guestpass.mail.code("ada@example.com") });
      const options = { [oidc.customFetch]: via as oidc.CustomFetch };
      const config = await oidc.discovery(new URL(issuer), "files", {}, oidc.ClientSecretBasic(secret), options);
      const checks = { pkceCodeVerifier: verifier, expectedState: "posted", expectedNonce: "once" };
      tokens = await oidc.authorizationCodeGrant(config, new URL(answer.location), checks);
    });
    after(() => guestpass.stop());

    it("is a sign-in like any other, and the next one is silent", async () => {
      expect(decodeJwt(tokens.id_token as string)).to.include({ iss: issuer, aud: "files", nonce: "once" });
      const { query } = await post("/auth", { ...params, scope: "  openid   email " });
      expect(query).to.include({ state: "posted", iss: issuer }).and.to.include.keys("code");
    });

    it("that means somebody else by the claim sub is not answered with the guest who is signed in", async () => {
      const claims = JSON.stringify({ id_token: { sub: { value: "somebody-else" } } });
      expect((await post("/auth", { ...params, claims, prompt: "none" })).query).to.include({ error: "login_required" });
      const asked = await browser.follow(await post("/auth", { ...params, claims }));
      expect(asked.title).to.equal(say("enter-email.title", { application: "Application files" }));
    });

    it("finds the session in a cookie that comes with a POST from another site, over TLS and to this host alone", async () => {
      const cookies = (await browser.jar.getCookies(issuer)).filter(({ key }) => key.startsWith("__Host-guestpass_session"));
      expect(cookies).not.to.be.empty;
      const attributes = { sameSite: "none", secure: true, httpOnly: true, path: "/", hostOnly: true, expires: "Infinity" };
      for (const cookie of cookies) expect(cookie).to.include(attributes);
    });

    it("may also sign the guest out", async () => {
      const hint = { id_token_hint: tokens.id_token as string, post_logout_redirect_uri: `${appOrigin}/signed-out`, state: "bye" };
      const answer = await browser.submit(await post("/session/end", hint), "/session/end/confirm", { logout: "yes" });
      expect(answer.location).to.equal(`${appOrigin}/signed-out?state=bye`);
    });
  });

  it("gets a page that says nothing is there where the issuer is plain http: its cookie would not come along", async () => {
    const guestpass = await Guestpass.start();
    try {
      await guestpass.register("files");
      const answer = await guestpass.browser().request(`${guestpass.issuer}/auth`, { method: "POST", body: new URLSearchParams(params) });
      expect(answer.status).to.equal(404);
      expect(answer.title).to.equal(say("not-found.title"));
    } finally {
      await guestpass.stop();
    }
  });
});
