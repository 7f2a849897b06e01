// OpenID Connect RP-Initiated Logout 1.0.
import { expect } from "chai";
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import type * as oidc from "openid-client";
import type { Answer, Browser } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";

const signedOut = `${appOrigin}/signed-out`;

describe("signing out at the request of an application", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let browser: Browser;
  let tokens: oidc.TokenEndpointResponse;
  let hint: string;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  afterEach(() => guestpass.clock.reset());

  beforeEach(async () => {
    browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, "ada@example.com"));
    hint = tokens.id_token as string;
  });

  const endSession = (params: Record<string, string>) => browser.open(`${guestpass.issuer}/session/end?${new URLSearchParams(params)}`);
  const agree = (page: Answer) => browser.submit(page, "/session/end/confirm", { logout: "yes" });
  const refuse = (page: Answer) => browser.submit(page, "/session/end/confirm");

  async function hasSession(): Promise<boolean> {
    const answer = await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url);
    if (answer.query["error"] !== undefined) expect(answer.query).to.include({ error: "login_required" });
    return answer.query["code"] !== undefined;
  }

  const userinfo = () => fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });

  it("with a hint and a registered URI goes back there with the state and nothing else; session and tokens are gone", async () => {
    const answer = await agree(await endSession({ id_token_hint: hint, post_logout_redirect_uri: signedOut, state: "a&b" }));
    expect(answer.location).to.equal(`${signedOut}?state=a%26b`);
    expect(await hasSession()).to.equal(false);
    expect((await userinfo()).status).to.equal(401);
  });

  it("without a state goes back without one", async () => {
    const answer = await agree(await endSession({ id_token_hint: hint, post_logout_redirect_uri: signedOut }));
    expect(answer.location).to.equal(signedOut);
  });

  it("takes a hint that has expired", async () => {
    guestpass.clock.advance({ hours: 3 });
    const answer = await agree(await endSession({ id_token_hint: hint, post_logout_redirect_uri: signedOut }));
    expect(answer.location).to.equal(signedOut);
    expect(await hasSession()).to.equal(false);
  });

  it("goes back too where the session has already ended", async () => {
    await agree(await endSession({ id_token_hint: hint }));
    const again = await endSession({ id_token_hint: hint, post_logout_redirect_uri: signedOut, state: "late" });
    expect((await browser.submit(again, "/session/end/confirm")).location).to.equal(`${signedOut}?state=late`);
  });

  it("ends on a page of ours without a URI, and without any parameter", async () => {
    for (const params of [{ id_token_hint: hint }, { state: "only" }, {}]) {
      const answer = await agree(await endSession(params as Record<string, string>));
      expect(answer.title).to.equal(say("signed-out.title"));
      expect(answer.url.startsWith(guestpass.issuer)).to.equal(true);
    }
    expect(await hasSession()).to.equal(false);
  });

  it("goes back to an address that came alone, where exactly one application of the session registered it, and asks first", async () => {
    const alone = { post_logout_redirect_uri: signedOut };
    const asked = await endSession(alone);
    expect(asked.title).to.equal(say("sign-out.title"));
    expect(await hasSession()).to.equal(true);
    expect((await agree(await endSession(alone))).location).to.equal(signedOut);
    expect(await hasSession()).to.equal(false);
  });

  it("goes nowhere where several applications of the session registered the address, or one that the guest is not signed in to", async () => {
    const elsewhere = { metadata: { post_logout_redirect_uris: [`${appOrigin}/not-here`] } };
    await guestpass.register(`away-${Date.now()}`, elsewhere);
    const twin = await guestpass.register(`twin-${Date.now()}`);
    for (const uri of [`${appOrigin}/not-here`, "https://evil.example/"]) {
      const answer = await refuse(await endSession({ post_logout_redirect_uri: uri }));
      expect(answer.url.startsWith(guestpass.issuer), uri).to.equal(true);
    }
    await browser.open((await guestpass.authorizationRequest(twin)).url);
    const answer = await agree(await endSession({ post_logout_redirect_uri: signedOut }));
    expect(answer.title).to.equal(say("signed-out.title"));
    expect(answer.url.startsWith(guestpass.issuer)).to.equal(true);
  });

  it("never redirects to an address that came with a state and without a hint, and asks first", async () => {
    const asked = await endSession({ post_logout_redirect_uri: signedOut, state: "x" });
    expect(asked.title).to.equal(say("sign-out.title"));
    expect(await hasSession()).to.equal(true);
    const answer = await agree(await endSession({ post_logout_redirect_uri: signedOut, state: "x" }));
    expect(answer.title).to.equal(say("signed-out.title"));
    expect(answer.headers.get("location")).to.equal(null);
  });

  it("asks first where only a client_id came with the address, and then goes there", async () => {
    const params = { client_id: "files", post_logout_redirect_uri: signedOut };
    expect((await endSession(params)).title).to.equal(say("sign-out.title"));
    expect(await hasSession()).to.equal(true);
    expect((await agree(await endSession(params))).location).to.equal(signedOut);
  });

  const refused = async (params: Record<string, string>): Promise<void> => {
    const answer = await endSession(params);
    expect(answer.status).to.equal(400);
    expect(answer.title).to.equal(say("refused.title"));
    expect(await hasSession()).to.equal(true);
  };

  it("never redirects to an address that is not registered, or one with something added", async () => {
    for (const uri of ["http://evil.example/", `${signedOut}?foo=bar`, `${signedOut}/`, `${appOrigin}/callback`]) {
      await refused({ id_token_hint: hint, post_logout_redirect_uri: uri, state: "x" });
    }
  });

  it("never redirects for an altered hint, an unsigned one, one that someone else signed, or no token at all", async () => {
    const [header, payload, signature] = hint.split(".") as [string, string, string];
    const altered = Buffer.from(JSON.stringify({ ...decodeJwt(hint), sub: "someone else" })).toString("base64url");
    const { privateKey } = await generateKeyPair("RS256");
    const forged = [
      [header, altered, signature].join("."),
      [header, payload, `${signature.slice(0, -8)}AAAAAAAA`].join("."),
      new UnsecuredJWT(decodeJwt(hint)).encode(),
      await new SignJWT(decodeJwt(hint)).setProtectedHeader({ ...decodeProtectedHeader(hint), alg: "RS256" }).sign(privateKey),
      "not a token",
    ];
    for (const bad of forged) await refused({ id_token_hint: bad, post_logout_redirect_uri: signedOut });
  });

  it("never redirects for the hint of another application", async () => {
    await guestpass.register("other", { metadata: { post_logout_redirect_uris: [`${appOrigin}/elsewhere`] } });
    await refused({ id_token_hint: hint, client_id: "other", post_logout_redirect_uri: `${appOrigin}/elsewhere` });
    await refused({ id_token_hint: hint, post_logout_redirect_uri: `${appOrigin}/elsewhere` });
  });

  it("leaves the session where the guest chooses to stay signed in", async () => {
    await refuse(await endSession({}));
    expect(await hasSession()).to.equal(true);
  });

  it("cannot be confirmed by another site: the form is the guest's own", async () => {
    await endSession({ id_token_hint: hint });
    const body = new URLSearchParams({ logout: "yes", xsrf: "guessed" });
    const answer = await browser.request(`${guestpass.issuer}/session/end/confirm`, { method: "POST", body });
    expect(answer.status).to.equal(400);
    expect(await hasSession()).to.equal(true);
  });
});
