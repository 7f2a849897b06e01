// RFC 9126: pushed authorization requests.
import { expect } from "chai";
import * as oidc from "openid-client";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";

describe("a pushed authorization request", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  afterEach(() => guestpass.clock.reset());

  async function push(params: Record<string, string> = {}): Promise<AuthorizationRequest> {
    const request = await guestpass.authorizationRequest(application, params);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(request.config, new URL(request.url).searchParams);
    return { ...request, url: pushed.href };
  }

  it("keeps its parameters out of the browser, and is a sign-in like any other", async () => {
    const request = await push({ login_hint: "ada@example.com" });
    expect([...new URL(request.url).searchParams.keys()]).to.have.members(["client_id", "request_uri"]);
    const browser = guestpass.browser();
    const page = await browser.open(request.url);
    expect(page.document.querySelector("input[name=email]")?.getAttribute("value")).to.equal("ada@example.com");
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    expect(answer.query).to.include({ state: request.state, iss: guestpass.issuer });
    expect((await guestpass.redeem(request, answer)).claims()?.nonce).to.equal(request.nonce);
  });

  /** Only the pushed request says where an answer goes: without it, the refusal is a page. */
  const error = async (url: string) => {
    const page = await guestpass.browser().open(url);
    expect([page.status, page.headers.get("location")]).to.deep.equal([400, null]);
    return /invalid_\w+/.exec(page.text)?.[0];
  };

  it("is used once, within a minute, by the application that pushed it", async () => {
    await guestpass.register("other");
    const request = await push();
    const stolen = new URL(request.url);
    stolen.searchParams.set("client_id", "other");
    expect(await error(stolen.href)).to.equal("invalid_request_object");

    await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    expect(await error(request.url)).to.equal("invalid_request_uri");

    const late = await push();
    guestpass.clock.advance({ seconds: 61 });
    expect(await error(late.url)).to.equal("invalid_request_uri");
  });

  const pushed = (params: Record<string, string>) =>
    push(params).then(
      () => "accepted",
      (error: oidc.ResponseBodyError) => error.error,
    );

  it("is refused when it is pushed, not in front of the guest", async () => {
    expect(await pushed({ redirect_uri: `${redirectUri}/other` })).to.equal("invalid_request");
    expect(await pushed({ response_type: "token" })).to.equal("unsupported_response_type");
    expect(await pushed({ code_challenge_method: "plain" })).to.equal("invalid_request");
    expect(await pushed({ request_uri: "urn:ietf:params:oauth:request_uri:x" })).to.be.oneOf([
      "invalid_request",
      "request_uri_not_supported",
    ]);
  });

  it("is refused to an application that does not know the secret", async () => {
    const impostor = await guestpass.client({ ...application, secret: "guessed" });
    const params = { redirect_uri: redirectUri, scope: "openid" };
    const error = await oidc.buildAuthorizationUrlWithPAR(impostor, params).catch((cause: Error) => cause.cause ?? cause);
    expect(JSON.stringify(error)).to.match(/invalid_client|Basic/i);
  });
});
