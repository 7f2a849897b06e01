// OWASP ASVS 10.4.1, RFC 9700, 2.1: redirect URIs match exactly, to the character.
import { expect } from "chai";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { codeFor, endpoints, post, redeem } from "../../support/protocol.ts";
import { say } from "../../support/texts.ts";

const tenant = "https://app.example/tenant?id=1";
const lookAlikes: Record<string, string> = {
  "another site": "http://evil.example/callback",
  "another site that begins alike": "https://app.example.evil.example/callback",
  "a host below": "https://www.app.example/callback",
  userinfo: "https://app.example@evil.example/callback",
  "userinfo before the right host": "https://evil.example@app.example/callback",
  "another port": "https://app.example:8080/callback",
  "the default port": "https://app.example:443/callback",
  "another scheme": "http://app.example/callback",
  "a script": "javascript:alert(1)//https://app.example/callback",
  "a slash at the end": "https://app.example/callback/",
  "a path below": "https://app.example/callback/more",
  "a shorter path": "https://app.example/call",
  "path traversal": "https://app.example/callback/../evil",
  "a path that comes to the same": "https://app.example/x/../callback",
  "two slashes": "https://app.example//callback",
  "a backslash": "https://app.example\\callback",
  "another case of the path": "https://app.example/Callback",
  "another case of the host": "https://APP.example/callback",
  "an encoded letter": "https://app.example/%63allback",
  "an encoded slash": "https://app.example%2Fcallback",
  "an encoded dot segment": "https://app.example/%2e/callback",
  "a dot at the end of the host": "https://app.example./callback",
  "a query": "https://app.example/callback?next=http://evil.example",
  "an empty query": "https://app.example/callback?",
  "a fragment": "https://app.example/callback#",
  "a fragment with content": "https://app.example/callback#evil",
  "a space after": "https://app.example/callback ",
  "a line break": "https://app.example/callback\r\nSet-Cookie: evil=1",
  "a NUL": "https://app.example/callback\0.evil.example",
  "a list": "https://app.example/callback http://evil.example",
  "no scheme": "//app.example/callback",
  "a path alone": "/callback",
  nothing: "",
  "a registered query changed": "https://app.example/tenant?id=2",
  "a registered query left out": "https://app.example/tenant",
  "a registered query added to": "https://app.example/tenant?id=1&id=2",
};

describe("a request without a redirect URI", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  it("is refused where the application has one alone, too (OpenID Connect Core 1.0, 3.1.2.1), pushed or not", async () => {
    const application = await guestpass.register("one");
    const { url } = await guestpass.authorizationRequest(application);
    const { redirect_uri: _left, ...fields } = Object.fromEntries(new URL(url).searchParams);
    const answer = await guestpass.browser().open(`${guestpass.issuer}/auth?${new URLSearchParams(fields)}`);
    expect([answer.status, answer.headers.get("location")]).to.deep.equal([400, null]);
    expect(answer.text).to.contain("redirect_uri");
    const pushed = await post(guestpass, endpoints.pushed, application, fields);
    expect([pushed.status, pushed.json["error"]]).to.deep.equal([400, "invalid_request"]);
  });
});

describe("a redirect URI that is taken away while a guest signs in", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  it("gets no code, and the guest is told that this sign-in is over", async () => {
    const application = await guestpass.register("files", { metadata: { redirect_uris: [redirectUri, tenant] } });
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "ada@example.com");
    const change = { params: { client_id: "files" }, body: { redirect_uris: [tenant] } };
    await guestpass.server.app.admin("updateApplication", change);
    const answer = await browser.submit(page, "/passcode", { code: await guestpass.mail.code("ada@example.com") });
    expect([answer.status, answer.title]).to.deep.equal([400, say("expired.title")]);
  });
});

describe("a redirect URI that was not registered", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files", { metadata: { redirect_uris: [redirectUri, tenant] } });
  });
  after(() => guestpass.stop());

  for (const [what, uri] of Object.entries(lookAlikes)) {
    it(`gets an error page and no redirect: ${what}`, async () => {
      const { url } = await guestpass.authorizationRequest(application, { redirect_uri: uri });
      for (const prompt of ["", "&prompt=none", "&response_type=evil", "&response_mode=form_post"]) {
        const answer = await guestpass.browser().request(url + prompt);
        expect(answer.status, prompt).to.equal(400);
        expect(answer.headers.get("location"), prompt).to.equal(null);
        expect(answer.document.querySelector("form, meta[http-equiv]"), prompt).to.equal(null);
        const links = answer.document.querySelectorAll("a").map((link) => link.getAttribute("href") ?? "");
        const leading = links
          .filter((href) => !href.startsWith("/language?guest_language="))
          .map((href) => new URL(href, answer.url).origin);
        expect(leading, "to where the application is registered, and nowhere else").to.deep.equal([new URL(redirectUri).origin]);
      }
    });

    it(`is not taken when it is pushed: ${what}`, async () => {
      const fields = { response_type: "code", scope: "openid", code_challenge: "A".repeat(43), code_challenge_method: "S256" };
      const pushed = await post(guestpass, endpoints.pushed, application, { ...fields, redirect_uri: uri });
      expect(pushed.status).to.equal(400);
      expect(String(pushed.json["error_description"])).to.contain("redirect_uri");
      expect(pushed.json).not.to.have.property("request_uri");
    });
  }

  it("is not taken beside a registered one", async () => {
    const { url } = await guestpass.authorizationRequest(application);
    for (const twice of [
      `${url}&redirect_uri=http://evil.example`,
      url.replace("redirect_uri=", "redirect_uri=http://evil.example&redirect_uri="),
    ]) {
      const answer = await guestpass.browser().request(twice);
      expect(answer.status).to.equal(400);
      expect(answer.headers.get("location")).to.equal(null);
    }
  });

  it("of another application is not taken", async () => {
    await guestpass.register("other", { metadata: { redirect_uris: ["https://other.example/callback"] } });
    const { url } = await guestpass.authorizationRequest(application, { redirect_uri: "https://other.example/callback" });
    expect((await guestpass.browser().request(url)).status).to.equal(400);
  });

  it("does not redeem a code: it must be the one that the code was sent to", async () => {
    const signIn = await codeFor(guestpass, application);
    for (const uri of [tenant, ...Object.values(lookAlikes)]) {
      const { status } = await redeem(guestpass, application, signIn, { redirect_uri: uri });
      expect(status, uri).to.equal(400);
    }
    expect((await redeem(guestpass, application, signIn)).status).to.equal(200);
  });
});
