import { statSync } from "node:fs";
import { expect } from "chai";
import * as oidc from "openid-client";
import { startProvider, type TestProvider } from "../../../src/testing/index.ts";
import { Browser } from "../../support/browser.ts";

const callback = "https://app.example/callback";

describe("guestpass/testing, in the tests of a relying application", () => {
  let provider: TestProvider;
  let config: oidc.Configuration;

  beforeEach(async () => {
    provider = await startProvider();
    const { issuer, client_id, client_secret } = await provider.register({ redirect_uris: [callback], reverification_days: 14 });
    const metadata = oidc.ClientSecretBasic(client_secret);
    config = await oidc.discovery(new URL(issuer), client_id, {}, metadata, { execute: [oidc.allowInsecureRequests] });
  });
  afterEach(() => provider.stop());

  async function authorize(params: Record<string, string> = {}) {
    const verifier = oidc.randomPKCECodeVerifier();
    const challenge = { code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" };
    return {
      verifier,
      url: oidc.buildAuthorizationUrl(config, { redirect_uri: callback, scope: "openid email", ...challenge, ...params }).href,
    };
  }

  async function signIn(browser: Browser): Promise<oidc.IDToken | undefined> {
    const { verifier, url } = await authorize();
    const asked = await browser.submit(await browser.open(url), "/email", { email: "guest@example.com" });
    const answer = await browser.submit(asked, "/passcode", { code: await provider.mailbox.code("guest@example.com") });
    const tokens = await oidc.authorizationCodeGrant(config, new URL(answer.location), { pkceCodeVerifier: verifier });
    return tokens.claims();
  }

  it("a guest signs in with the captured code, and is asked again when the clock has moved past the period", async () => {
    const browser = new Browser({ stopAt: ["https://app.example"] });
    const first = await signIn(browser);
    expect(first?.["session_expiry"]).to.be.closeTo(Date.now() / 1000 + 14 * 86_400, 5);
    provider.clock.advance({ days: 15 });
    const silent = await browser.open((await authorize({ prompt: "none" })).url);
    expect(silent.query["error"]).to.equal("login_required");
    const second = await signIn(browser);
    expect(second?.sub).to.equal(first?.sub);
    expect(second?.auth_time).to.be.greaterThan(first?.auth_time ?? 0);
  });

  it("the same guest is invited in one test after another", async () => {
    const { client_id } = await provider.register({ redirect_uris: [callback], admission: "invited" });
    for (let tests = 0; tests < 12; tests++) {
      const { body } = await provider.admin("createInvitation", { body: { client_id, email: "guest@example.com" } });
      expect((await provider.admin("revokeInvitation", { params: { id: String(body["id"]) } })).body["state"]).to.equal("revoked");
    }
  });

  it("the clock is right again afterwards", async () => {
    const before = Date.now();
    provider.clock.advance({ days: 14 });
    expect(Date.now()).to.be.greaterThan(before + 13 * 86_400_000);
    provider.clock.reset();
    expect(Date.now()).to.be.closeTo(before, 10_000);
  });

  it("a date is a date whatever the clock did since it was made", () => {
    const before = new Date();
    provider.clock.advance({ days: 14 });
    const after = new Date();
    for (const date of [before, after, structuredClone(after), statSync(".").mtime]) expect(date).to.be.an.instanceof(Date);
    expect(after.getTime() - before.getTime()).to.be.closeTo(14 * 86_400_000, 10_000);
    expect(Date.parse(Date()), "called as a function").to.be.closeTo(after.getTime(), 10_000);
    expect(new Date(before)).to.deep.equal(before);
  });
});
