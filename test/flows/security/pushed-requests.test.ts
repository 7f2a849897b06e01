// RFC 9126, 2.2, 4 and 7.3: a pushed request works once, for a minute, for the application that pushed it.
import { expect } from "chai";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { endpoints, post } from "../../support/protocol.ts";

describe("a pushed authorization request", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  afterEach(() => guestpass.clock.reset());

  async function push() {
    const request = await guestpass.authorizationRequest(application);
    const { status, json } = await post(guestpass, endpoints.pushed, application, Object.fromEntries(new URL(request.url).searchParams));
    expect(status).to.equal(201);
    return { ...request, uri: json["request_uri"] as string };
  }
  const authorize = (uri: string, more: Record<string, string> = {}) =>
    `${guestpass.issuer}/auth?${new URLSearchParams({ client_id: "files", request_uri: uri, ...more })}`;
  /** With an error page, or with an error to the one place where the application may be answered. */
  const isRefused = async (url: string, why: string) => {
    const answer = await guestpass.browser().request(url);
    if (answer.isRedirect) expect(answer.location.startsWith(`${redirectUri}?`), why).to.equal(true);
    else expect(answer.status, why).to.equal(400);
    expect(answer.isRedirect ? answer.query["error"] : answer.text, why).to.match(/request_uri|invalid_request|client|redirect_uri/);
  };

  it("signs in, and does not a second time", async () => {
    const { uri, ...request } = await push();
    const answer = await guestpass.signIn(guestpass.browser(), { ...request, url: authorize(uri) }, "ada@example.com");
    expect((await guestpass.redeem(request, answer)).access_token).to.be.a("string");
    await isRefused(authorize(uri), "again");
  });

  it("signs in one of two browsers that began with it at the same time", async () => {
    const { uri, ...request } = await push();
    const pages = [];
    for (const address of ["bob@example.com", "carol@example.com"]) {
      const browser = guestpass.browser();
      pages.push({ browser, address, page: await guestpass.askForCode(browser, { ...request, url: authorize(uri) }, address) });
    }
    const answers = [];
    for (const { browser, page, address } of pages)
      answers.push(await browser.submit(page, "/passcode", { code: await guestpass.mail.code(address) }));
    expect(answers[0]?.query).to.have.property("code");
    expect(answers[1]?.query).not.to.have.property("code");
  });

  it("works for the application that pushed it alone", async () => {
    await guestpass.register("other");
    const { uri } = await push();
    await isRefused(authorize(uri, { client_id: "other" }), "another application");
    await isRefused(authorize(uri, { client_id: "nobody" }), "nobody");
    await isRefused(`${guestpass.issuer}/auth?${new URLSearchParams({ request_uri: uri })}`, "no application");
    expect((await guestpass.browser().open(authorize(uri))).title).to.equal("Sign in to Application files");
  });

  it("works for a minute", async () => {
    const { uri } = await push();
    guestpass.clock.advance({ seconds: 61 });
    await isRefused(authorize(uri), "late");
  });

  it("is not changed by what the browser adds", async () => {
    const { uri, ...request } = await push();
    const added = {
      redirect_uri: "http://evil.example",
      scope: "openid",
      state: "evil",
      code_challenge: "A".repeat(43),
    };
    const answer = await guestpass.signIn(guestpass.browser(), { ...request, url: authorize(uri, added) }, "dora@example.com");
    expect(answer.location.startsWith("https://app.example/callback?code=")).to.equal(true);
    expect(answer.query["state"]).to.equal(request.state);
  });

  it("is accepted from the application alone", async () => {
    const { searchParams } = new URL((await guestpass.authorizationRequest(application)).url);
    for (const headers of [{}, { authorization: `Basic ${btoa("files:wrong")}` }]) {
      const { status, json } = await post(guestpass, endpoints.pushed, undefined, Object.fromEntries(searchParams), headers);
      expect(status).to.equal(401);
      expect(json["error"]).to.equal("invalid_client");
    }
  });

  it("cannot be made up, nor fetched from anywhere", async () => {
    const { uri } = await push();
    const prefix = "urn:ietf:params:oauth:request_uri:";
    for (const made of [
      `${uri}A`,
      uri.slice(0, -1),
      prefix,
      `${prefix}__proto__`,
      `${prefix}\0`,
      "https://evil.example/request.jwt",
      "file:///etc/passwd",
    ]) {
      await isRefused(authorize(made), made);
    }
    expect(uri).to.match(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
  });
});
