// RFC 6749, 3.3: scopes that give nothing are refused before a guest is asked for anything, and a token answer names its scope.
import { expect } from "chai";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { codeFor, endpoints, post, redeem, refresh, signedIn } from "../../support/protocol.ts";

const resource = "https://api.example.com";
const silent = "https://silent.example.com";

describe("scopes", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    const resources = { [resource]: { scope: "files:read files:write" }, [silent]: { scope: "" } };
    application = await guestpass.register("files", { metadata: { guestpass_resources: resources } });
  });
  after(() => guestpass.stop());

  /** What the authorization endpoint answers at once to these parameters, without any of openid-client's. */
  async function authorize(params: Record<string, string>) {
    const { url, state } = await guestpass.authorizationRequest(application);
    const asked = new URL(url);
    for (const name of ["scope", "nonce"]) asked.searchParams.delete(name);
    for (const [name, value] of Object.entries(params)) asked.searchParams.set(name, value);
    return { state, answer: await guestpass.browser().open(asked.href) };
  }

  const givingNothing: { what: string; params: Record<string, string>; says: RegExp }[] = [
    { what: "no scope", params: {}, says: /openid/ },
    { what: "an empty scope", params: { scope: "" }, says: /openid/ },
    { what: "a scope that nobody knows", params: { scope: "nonsense" }, says: /openid/ },
    {
      what: "an API's scope without its resource",
      params: { scope: "files:read" },
      says: /files:read.*resource=https:\/\/api\.example\.com/,
    },
    { what: "offline_access that is not given without consent", params: { scope: "offline_access" }, says: /openid/ },
    { what: "a resource and none of its scopes", params: { scope: "openid", resource }, says: /files:read files:write/ },
    { what: "a resource and an unknown scope", params: { scope: "nonsense", resource }, says: /files:read files:write/ },
  ];
  for (const { what, params, says } of givingNothing) {
    it(`are refused before any screen: ${what}`, async () => {
      const { answer, state } = await authorize(params);
      expect(answer.isRedirect).to.equal(true);
      expect(answer.location.startsWith(`${redirectUri}?`)).to.equal(true);
      expect(answer.query).to.include({ error: "invalid_scope", state, iss: guestpass.issuer });
      expect(answer.query["error_description"]).to.match(says);
    });

    it(`are refused in a pushed request: ${what}`, async () => {
      const { url } = await guestpass.authorizationRequest(application);
      const asked = { ...Object.fromEntries(new URL(url).searchParams), ...params };
      const { scope: _scope, nonce: _nonce, ...rest } = asked;
      const { json } = await post(guestpass, endpoints.pushed, application, { ...rest, ...params });
      expect(json["error"]).to.equal("invalid_scope");
      expect(json["error_description"]).to.match(says);
    });
  }

  it("of an API beside those about the guest are left out without its resource, and the answer says so", async () => {
    const found = await codeFor(guestpass, application, { params: { scope: "openid files:read nonsense" } });
    const { json } = await redeem(guestpass, application, found);
    expect(json["scope"]).to.equal("openid");
  });

  it("are read with spaces around and between them", async () => {
    const found = await codeFor(guestpass, application, { params: { scope: "  openid   email " } });
    expect((await redeem(guestpass, application, found)).json["scope"]).to.equal("openid email");
  });

  it("are read so in pushed requests, at a refresh and with an application's own credentials", async () => {
    const { url } = await guestpass.authorizationRequest(application);
    const asked = { ...Object.fromEntries(new URL(url).searchParams), scope: " openid  email " };
    const pushed = await post(guestpass, endpoints.pushed, application, asked);
    expect(pushed.status, JSON.stringify(pushed.json)).to.equal(201);
    const { refreshToken } = await signedIn(guestpass, application, { params: { scope: "openid email" } });
    const fields = { grant_type: "refresh_token", refresh_token: refreshToken, scope: "  email " };
    expect((await post(guestpass, endpoints.token, application, fields)).json["scope"]).to.equal("email");
    const own = { grant_type: "client_credentials", resource, scope: " files:read  files:write " };
    expect((await post(guestpass, endpoints.token, application, own)).json["scope"]).to.equal("files:read files:write");
  });

  it("are named in the answer to a code, to a refresh, and to a refresh for less", async () => {
    const { refreshToken } = await signedIn(guestpass, application, { params: { scope: "openid email" } });
    expect((await refresh(guestpass, application, refreshToken)).json["scope"]).to.equal("openid email");
    const fields = { grant_type: "refresh_token", refresh_token: refreshToken, scope: "email" };
    expect((await post(guestpass, endpoints.token, application, fields)).json["scope"]).to.equal("email");
  });

  it("are named in the answer to an application's own credentials, which cannot ask for nothing", async () => {
    const ask = (fields: Record<string, string>) =>
      post(guestpass, endpoints.token, application, { grant_type: "client_credentials", ...fields });
    expect((await ask({ resource, scope: "files:read nonsense" })).json["scope"]).to.equal("files:read");
    expect((await ask({ scope: "invitations:read" })).json["scope"]).to.equal("invitations:read");
    for (const fields of [{ resource }, { resource, scope: "nonsense" }, {}, { scope: "nonsense" }] as Record<string, string>[]) {
      const { status, json } = await ask(fields);
      expect([status, json["error"]], JSON.stringify(fields)).to.deep.equal([400, "invalid_scope"]);
      expect(json["error_description"]).to.match(/needs one of its scopes: \S+/);
    }
    expect((await ask({ resource: silent })).status).to.equal(200);
  });
});
