// OWASP ASVS 10.4.4; RFC 9700, 2.1.2 and 2.4: nothing but the authorization code, the refresh token, and an application's own credentials.
import { expect } from "chai";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { codeFor, endpoints, post } from "../../support/protocol.ts";

describe("a grant other than the authorization code", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  it("is not announced", async () => {
    const discovery = await fetch(`${guestpass.issuer}/.well-known/openid-configuration`);
    const document = (await discovery.json()) as Record<string, string[]>;
    expect(document["response_types_supported"]).to.deep.equal(["code"]);
    expect(document["grant_types_supported"]).to.have.members(["authorization_code", "refresh_token", "client_credentials"]);
    expect(document).not.to.have.any.keys("registration_endpoint", "device_authorization_endpoint", "backchannel_authentication_endpoint");
  });

  it("gets nothing from the authorization endpoint, with a session or without one", async () => {
    const { browser } = await codeFor(guestpass, application);
    for (const type of ["token", "id_token", "id_token token", "code token", "code id_token", "code id_token token", "none", "CODE"]) {
      for (const visitor of [browser, guestpass.browser()]) {
        const answer = await visitor.request((await guestpass.authorizationRequest(application, { response_type: type })).url);
        expect(answer.location, type).to.contain("error=unsupported_response_type");
        expect(answer.location, type).not.to.match(/access_token|id_token=|code=/);
      }
    }
  });

  it("gets nothing from the token endpoint", async () => {
    const grants: Record<string, Record<string, string>> = {
      password: { username: "ada@example.com", password: "secret", scope: "openid" },
      implicit: {},
      "urn:ietf:params:oauth:grant-type:device_code": { device_code: "x" },
      "urn:ietf:params:oauth:grant-type:jwt-bearer": { assertion: "e30.e30.x" },
      "urn:ietf:params:oauth:grant-type:saml2-bearer": { assertion: "x" },
      "urn:ietf:params:oauth:grant-type:token-exchange": { subject_token: "x", subject_token_type: "x" },
      "urn:openid:params:grant-type:ciba": { auth_req_id: "x" },
      "": {},
      ["__proto__"]: {},
      constructor: {},
    };
    for (const [grant, fields] of Object.entries(grants)) {
      const { status, json } = await post(guestpass, endpoints.token, application, { ...fields, grant_type: grant });
      expect(status, grant).to.equal(400);
      expect(json["error"], grant).to.be.oneOf(["unsupported_grant_type", "invalid_request"]);
    }
  });

  it("has no endpoint", async () => {
    for (const path of ["/device", "/device/auth", "/backchannel", "/reg", "/reg/files", "/register", "/challenge", "/credential"]) {
      for (const method of ["GET", "POST"]) {
        const answer = await guestpass.browser().request(guestpass.issuer + path, { method });
        expect(answer.status, `${method} ${path}`).to.equal(404);
      }
    }
  });

  it("cannot be registered for an application either", async () => {
    for (const grant of ["implicit", "password", "urn:ietf:params:oauth:grant-type:device_code"]) {
      const refused = await guestpass
        .register("odd", { metadata: { grant_types: [grant, "authorization_code"] } })
        .catch((error: Error) => error.name);
      expect(refused, grant).to.equal("InputError");
    }
    const responseType = await guestpass
      .register("odd", { metadata: { response_types: ["id_token"] } })
      .catch((error: Error) => error.name);
    expect(responseType).to.equal("InputError");
  });
});
