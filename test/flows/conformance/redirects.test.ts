// RFC 6749, section 3.1.2; RFC 9700, section 2.1: a redirect URI matches exactly, or the guest gets a page.
import { expect } from "chai";
import type { Answer } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";

describe("redirects", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files", { metadata: { redirect_uris: [redirectUri, `${appOrigin}/callback?from=idp`] } });
  });
  after(() => guestpass.stop());

  async function open(params: Record<string, string>, without: string[] = []): Promise<Answer> {
    const url = new URL((await guestpass.authorizationRequest(application, params)).url);
    for (const name of without) url.searchParams.delete(name);
    return guestpass.browser().open(url.href);
  }

  function expectPage(answer: Answer, what: string): void {
    expect(answer.status, what).to.equal(400);
    expect(answer.headers.get("location"), what).to.equal(null);
    expect(answer.title, what).to.equal(say("refused.title"));
  }

  const unregistered = [
    "http://evil.example/callback",
    `${redirectUri}/`,
    `${redirectUri}/more`,
    `${redirectUri}?added=1`,
    `${redirectUri}?from=idp&added=1`,
    `${redirectUri}?from=elsewhere`,
    `${redirectUri}#fragment`,
    `${appOrigin}/Callback`,
    `${appOrigin}/%63allback`,
    `${appOrigin}:8080/callback`,
    "http://app.example/callback",
    "https://app.example@evil.example/callback",
    "https://app.example.evil.example/callback",
    "/callback",
    "javascript:alert(1)",
  ];
  for (const uri of unregistered) {
    it(`never go to ${uri}`, async () => expectPage(await open({ redirect_uri: uri }), uri));
  }

  it("never go to an unregistered URI with an error either", async () => {
    for (const params of [{ prompt: "none" }, { response_type: "token" }, { scope: "\u0001" }, { request: "x" }]) {
      expectPage(await open({ redirect_uri: "http://evil.example/callback", ...params }), JSON.stringify(params));
    }
  });

  it("do not happen for an application that nobody knows, or without a redirect URI where several are registered", async () => {
    expectPage(await open({ client_id: "nobody" }), "unknown client");
    expectPage(await open({}, ["client_id"]), "no client");
    expectPage(await open({}, ["redirect_uri"]), "no redirect URI");
  });

  it("keep the query that a redirect URI was registered with", async () => {
    const request = await guestpass.authorizationRequest(application, { redirect_uri: `${redirectUri}?from=idp` });
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    expect(answer.query).to.include({ from: "idp", state: request.state }).and.to.include.keys("code");
  });

  it("carry an error for a missing response_type", async () => {
    const answer = await open({ state: "kept" }, ["response_type"]);
    expect(answer.query).to.include({ error: "invalid_request", state: "kept", iss: guestpass.issuer });
  });

  it("carry an error, in the query, for response types that hand out tokens in the browser", async () => {
    for (const responseType of ["token", "id_token", "id_token token", "code id_token", "none"]) {
      const answer = await open({ response_type: responseType, state: "kept" });
      expect(answer.location.startsWith(redirectUri), responseType).to.equal(true);
      const { searchParams, hash } = new URL(answer.location);
      const carried = searchParams.size > 0 ? searchParams : new URLSearchParams(hash.slice(1));
      expect(carried.get("error"), responseType).to.equal("unsupported_response_type");
      expect(carried.get("state"), responseType).to.equal("kept");
    }
  });
});
