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
    const { issuer, client_id, client_secret } = await provider.register({ redirect_uris: [callback], reverification_days: 7 });
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
    const page = await browser.open(url);
    // A guest who is signed in and due is asked for one code to the mailbox that is known.
    const due = page.document.querySelector("form[action$='/confirm']") !== null;
    const asked = due ? await browser.submit(page, "/confirm") : await browser.submit(page, "/email", { email: "guest@example.com" });
    const answer = await browser.submit(asked, "/passcode", { code: await provider.mailbox.code("guest@example.com") });
    const tokens = await oidc.authorizationCodeGrant(config, new URL(answer.location), { pkceCodeVerifier: verifier });
    return tokens.claims();
  }

  it("a guest signs in with the captured code, and is asked again when the clock has moved past the period", async () => {
    const browser = new Browser({ stopAt: ["https://app.example"] });
    const first = await signIn(browser);
    expect(first?.["session_expiry"]).to.be.closeTo(Date.now() / 1000 + 7 * 86_400, 60);
    provider.clock.advance({ days: 6 });
    const early = await browser.open((await authorize({ prompt: "none" })).url);
    expect(early.query, "the session lasts longer than the period").to.have.property("code");
    provider.clock.advance({ days: 2 });
    const silent = await browser.open((await authorize({ prompt: "none" })).url);
    expect(silent.query["error"]).to.equal("login_required");
    const second = await signIn(browser);
    expect(second?.sub).to.equal(first?.sub);
    expect(second?.auth_time).to.be.greaterThan(first?.auth_time ?? 0);
  });

  it("a field that an application does not have is an error of the types, and is refused", async () => {
    // @ts-expect-error: reverification_days is what was meant
    const misspelt = provider.register({ redirect_uris: [callback], reverification_day: 7 });
    expect(await misspelt.catch((error: Error) => error.message)).to.match(/reverification_day/);
  });

  it("a field, parameter or operation that the administration API does not have is an error of the types, and is refused", async () => {
    const { admin } = provider;
    const misspelt: Record<string, () => Promise<unknown>> = {
      // @ts-expect-error: given_name is what was meant
      given_nam: () => admin("createGuest", { body: { email: "ada@example.com", given_nam: "Ada" } }),
      // @ts-expect-error: one row of several, target_url
      target: () => admin("createInvitations", { body: [{ email: "ada@example.com", client_id: "x", target: "https://app.example" }] }),
      // @ts-expect-error: reverification_days
      reverification_day: () => admin("updateSettings", { body: { reverification_day: 7 } }),
      // @ts-expect-error: client_id
      client: () => admin("listInvitations", { query: { client: "x" } }),
      // @ts-expect-error: sub
      sub: () => admin("readGuest", { params: { guest: "x" } }),
      // @ts-expect-error: listGuests
      listGuest: () => admin("listGuest"),
    };
    for (const [what, ask] of Object.entries(misspelt)) {
      const said = await ask().then(
        (answer) => JSON.stringify(answer),
        (error: Error) => error.message,
      );
      expect(said, what).to.include(what);
    }
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
    expect(Date.now()).to.be.closeTo(before, 60_000);
  });

  it("a date stays the same whatever the clock does afterwards", () => {
    const before = new Date();
    provider.clock.advance({ days: 14 });
    const after = new Date();
    for (const date of [before, after, structuredClone(after), statSync(".").mtime]) expect(date).to.be.an.instanceof(Date);
    expect(after.getTime() - before.getTime()).to.be.closeTo(14 * 86_400_000, 60_000);
    expect(Date.parse(Date()), "called as a function").to.be.closeTo(after.getTime(), 60_000);
    expect(new Date(before)).to.deep.equal(before);
  });
});
