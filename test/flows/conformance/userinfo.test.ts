// OpenID Connect Core 1.0, sections 5.3 to 5.5; RFC 6750.
import { expect } from "chai";
import type * as oidc from "openid-client";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";

type Tokens = Awaited<ReturnType<Guestpass["redeem"]>>;

describe("userinfo", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let sub: string;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files", { metadata: { redirect_uris: [redirectUri, "https://spa.example/callback"] } });
    sub = await guestpass.addGuest("Ada@example.com", { name: "Ada Lovelace", locale: "fr" });
  });
  after(() => guestpass.stop());

  async function tokensFor(params: Record<string, string>): Promise<Tokens> {
    const request = await guestpass.authorizationRequest(application, params);
    return guestpass.redeem(request, await guestpass.signIn(guestpass.browser(), request, "Ada@example.com"));
  }

  const ask = (init: RequestInit) => fetch(`${guestpass.issuer}/me`, init);
  const bearer = (tokens: Tokens) => ({ authorization: `Bearer ${tokens.access_token}` });
  const claimsFor = async (tokens: Tokens) => (await ask({ headers: bearer(tokens) })).json() as Promise<Record<string, unknown>>;

  it("answers GET and POST with JSON about the sub of the ID token", async () => {
    const tokens = await tokensFor({ scope: "openid" });
    for (const method of ["GET", "POST"]) {
      const answer = await ask({ method, headers: bearer(tokens) });
      expect(answer.status, method).to.equal(200);
      expect(answer.headers.get("content-type"), method).to.match(/^application\/json/);
      expect(await answer.json(), method).to.deep.equal({ sub });
    }
    expect(tokens.claims()?.sub).to.equal(sub);
  });

  it("takes the token from the body of a POST as well", async () => {
    const tokens = await tokensFor({ scope: "openid" });
    const answer = await ask({ method: "POST", body: new URLSearchParams({ access_token: tokens.access_token }) });
    expect(await answer.json()).to.deep.equal({ sub });
  });

  it("gives what each scope stands for, while the ID token keeps to the sign-in", async () => {
    const email = await tokensFor({ scope: "openid email" });
    expect(await claimsFor(email)).to.deep.equal({ sub, email: "Ada@example.com", email_verified: true });
    const profile = await tokensFor({ scope: "openid profile" });
    const claims = await claimsFor(profile);
    expect(claims).to.have.all.keys("sub", "name", "locale", "updated_at");
    expect(claims).to.include({ name: "Ada Lovelace", locale: "fr" });
    expect(claims["updated_at"]).to.be.closeTo(Date.now() / 1000, 60);
    for (const tokens of [email, profile]) {
      expect(tokens.claims()).not.to.have.any.keys("email", "email_verified", "name", "locale", "updated_at");
    }
  });

  it("gives single claims that the claims parameter asks for, where it asks for them", async () => {
    const tokens = await tokensFor({
      scope: "openid",
      claims: JSON.stringify({
        userinfo: { name: { essential: true } },
        id_token: { email: { essential: true }, auth_time: { essential: true } },
      }),
    });
    expect(await claimsFor(tokens)).to.deep.equal({ sub, name: "Ada Lovelace" });
    const claims = tokens.claims() as oidc.IDToken;
    expect(claims["email"]).to.equal("Ada@example.com");
    expect(claims).not.to.have.property("name");
  });

  it("leaves the address out where neither scope nor claims ask for it, and tells one claim where only that is asked for", async () => {
    expect(await claimsFor(await tokensFor({ scope: "openid profile" }))).not.to.have.any.keys("email", "email_verified");
    const one = await tokensFor({ scope: "openid", claims: JSON.stringify({ userinfo: { email_verified: null } }) });
    expect(await claimsFor(one)).to.deep.equal({ sub, email_verified: true });
    expect(one.claims()).not.to.have.any.keys("email", "email_verified");
  });

  it("does not fail for claims that do not exist", async () => {
    const tokens = await tokensFor({
      scope: "openid",
      claims: JSON.stringify({ userinfo: { phone_number: { essential: true }, "https://claims.example/rank": null } }),
    });
    expect(await claimsFor(tokens)).to.deep.equal({ sub });
  });

  it("answers 401 with WWW-Authenticate without a token, with a bad one, and with an ID token in its place", async () => {
    const { id_token: idToken } = await tokensFor({ scope: "openid" });
    for (const token of ["nonsense", idToken]) {
      const answer = await ask({ headers: { authorization: `Bearer ${token}` } });
      expect(answer.status).to.equal(401);
      expect(answer.headers.get("www-authenticate")).to.match(/^Bearer .*error="invalid_token"/);
    }
    const without = await ask({});
    expect(without.headers.get("www-authenticate")).to.match(/^Bearer /);
    expect(without.status).to.be.oneOf([400, 401]);
  });

  it("can be read by the application's own pages, and by no other site's", async () => {
    const tokens = await tokensFor({ scope: "openid" });
    const own = await ask({ headers: { ...bearer(tokens), origin: "https://spa.example" } });
    expect(own.headers.get("access-control-allow-origin")).to.equal("https://spa.example");
    const other = await ask({ headers: { ...bearer(tokens), origin: "https://evil.example" } });
    expect(other.headers.get("access-control-allow-origin")).to.equal(null);
    expect(other.status).to.equal(400);
  });
});
