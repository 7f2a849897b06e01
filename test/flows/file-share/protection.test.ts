import { expect } from "chai";
import { type Answer, Browser } from "../../support/browser.ts";
import { FileShare } from "../../support/file-share.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";

describe("the example application protects itself, since people will copy it", () => {
  let guestpass: Guestpass;
  let fileShare: FileShare;

  before(async () => {
    guestpass = await Guestpass.start();
    fileShare = await FileShare.start(guestpass);
    await fileShare.share("ada@example.com");
  });
  after(async () => {
    await fileShare.stop();
    await guestpass.stop();
  });

  it("refuses the forms of another site", async () => {
    const body = () => new URLSearchParams({ email: "eve@example.com" });
    const post = (headers: Record<string, string>) =>
      new Browser({ headers }).request(`${fileShare.welcome}/people`, { method: "POST", body: body() });
    expect((await post({ "sec-fetch-site": "cross-site", origin: "https://evil.example" })).status).to.equal(403);
    expect((await post({ "sec-fetch-site": "same-site", origin: "http://localhost:1" })).status).to.equal(403);
    expect((await post({ origin: "https://evil.example" })).status).to.equal(403);
    expect((await post({})).status).to.equal(403);
    expect((await new Browser().open(fileShare.url)).text).not.to.contain("eve@example.com");
    expect((await post({ origin: fileShare.url })).status, "an old browser, from the page itself").to.equal(303);
  });

  it("answers under its own name only", async () => {
    const answer = await new Browser().request(fileShare.url.replace("localhost", "127.0.0.1"));
    expect(answer.status).to.equal(421);
    expect(answer.text).not.to.contain("ada@example.com");
  });

  it("accepts an answer of the provider only in the browser that asked, only once, and only as it was given", async () => {
    const { browser, callback } = await backFromSignIn();
    const elsewhere = await new Browser().request(callback);
    expect([elsewhere.status, elsewhere.title]).to.deep.equal([400, "This sign-in is over"]);
    expect((await browser.request(callback)).location).to.equal(fileShare.welcome);
    expect((await browser.request(callback)).status).to.equal(400);

    const other = await backFromSignIn();
    const forged = new URL(other.callback);
    forged.searchParams.set("iss", "https://evil.example");
    const refused = await other.browser.request(forged.href);
    expect([refused.status, refused.title]).to.deep.equal([400, "Signing in did not work"]);
    expect(refused.body).not.to.match(/evil|Error/);
    expect((await other.browser.request(fileShare.welcome)).location, "still not signed in").to.contain("/auth?");
  });

  it("gives the session a new id at sign-in, in a cookie that scripts cannot read, and ends it when signing out", async () => {
    const { browser, callback } = await backFromSignIn();
    const anonymous = await browser.jar.getCookieString(fileShare.url);
    const back = await browser.request(callback);
    const cookie = await browser.jar.getCookieString(fileShare.url);
    expect(cookie).not.to.equal(anonymous);
    expect(back.headers.get("set-cookie")).to.match(/^file-share=[\w-]{43}; path=\/; samesite=lax; httponly$/);
    const planted = await new Browser({ headers: { cookie: anonymous } }).request(fileShare.welcome);
    expect(planted.location, "the id of before the sign-in is worth nothing").to.contain("/auth?");

    const out = await browser.request(`${fileShare.url}/sign-out`, { method: "POST", headers: { "sec-fetch-site": "same-origin" } });
    const { pathname, searchParams } = new URL(out.location);
    expect(pathname).to.equal("/session/end");
    expect(searchParams.get("post_logout_redirect_uri")).to.equal(`${fileShare.url}/signed-out`);
    expect(searchParams.get("id_token_hint")).to.be.a("string");
    const replayed = await new Browser({ headers: { cookie } }).request(fileShare.welcome);
    expect(replayed.location).to.contain("/auth?");
  });

  it("says so while the provider does not answer, and tries again for the next guest", async () => {
    const port = await freePort();
    const late = await FileShare.start(guestpass, `http://localhost:${port}`);
    const early = await new Browser().request(late.welcome);
    expect([early.status, early.title]).to.deep.equal([503, "Signing in does not work at the moment"]);
    const own = await Guestpass.start({ GUESTPASS_PORT: String(port), GUESTPASS_ISSUER: `http://localhost:${port}` });
    expect((await new Browser().request(late.welcome)).status).to.equal(303);
    await own.stop();
    await late.stop();
  });

  it("begins a sign-in for its own provider only, and goes to its own pages only", async () => {
    const start = (parameters: Record<string, string>) =>
      new Browser().request(`${fileShare.url}/sign-in?${new URLSearchParams({ iss: guestpass.issuer, ...parameters })}`);
    const good = await start({ login_hint: "ada@example.com", target_link_uri: fileShare.welcome });
    expect(new URL(good.location).origin).to.equal(guestpass.issuer);
    expect(good.query["login_hint"]).to.equal("ada@example.com");
    for (const parameters of [
      { iss: "https://evil.example" },
      { target_link_uri: "https://evil.example/files/welcome" },
      { target_link_uri: `${fileShare.url}@evil.example/` },
      { target_link_uri: `${fileShare.url}//evil.example/` },
      { target_link_uri: `${fileShare.url}/\\evil.example/` },
      { target_link_uri: "//evil.example/" },
      { target_link_uri: "javascript:alert(1)" },
    ] as Record<string, string>[]) {
      const refused = await start(parameters);
      expect([refused.status, refused.title], JSON.stringify(parameters)).to.deep.equal([400, "This link does not lead here"]);
    }
    expect((await new Browser().request(`${fileShare.url}/sign-in`)).status, "without an issuer").to.equal(400);
  });

  it("sends a policy without inline scripts or styles, and nothing that another site could frame or keep", async () => {
    const answer: Answer = await new Browser().open(fileShare.url);
    expect(answer.headers.get("content-security-policy")).to.equal(
      `default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' ${guestpass.issuer}; base-uri 'none'; frame-ancestors 'none'`,
    );
    expect(answer.headers.get("cache-control")).to.equal("no-store");
    expect(answer.headers.get("x-content-type-options")).to.equal("nosniff");
  });

  /** A browser that has signed in at the provider, and where the provider sends it. */
  async function backFromSignIn(): Promise<{ browser: Browser; callback: string }> {
    const address = "ada@example.com";
    const browser = new Browser({ stopAt: [fileShare.url] });
    const before = guestpass.mail.to(address).length;
    const page = await browser.open((await browser.request(fileShare.welcome)).location);
    const asked = await browser.submit(page, "/email", { email: address });
    const { location } = await browser.submit(asked, "/passcode", { code: await guestpass.mail.code(address, before + 1) });
    return { browser, callback: location };
  }
});
