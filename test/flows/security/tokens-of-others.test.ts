// RFC 7662, 4 and RFC 7009, 2.1: an application learns about its own tokens and ends its own tokens, nobody else's.
import { expect } from "chai";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { codeFor, endpoints, isActive, opens, post, redeem, refresh, signedIn } from "../../support/protocol.ts";

const api = "https://api.example";

describe("another application's token", () => {
  let guestpass: Guestpass;
  let owner: RegisteredApplication;
  let stranger: RegisteredApplication;
  let open: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    const resources = { guestpass_resources: { [api]: { scope: "files:read" } } };
    owner = await guestpass.register("owner", { metadata: resources });
    stranger = await guestpass.register("stranger");
    open = await guestpass.register("open", { metadata: { ...resources, token_endpoint_auth_method: "none" } });
  });
  after(() => guestpass.stop());

  it("tells nothing when it is introspected", async () => {
    const { accessToken, refreshToken } = await signedIn(guestpass, owner);
    for (const application of [stranger, open]) {
      for (const token of [accessToken, refreshToken]) {
        for (const hint of ["access_token", "refresh_token", ""]) {
          const { status, json } = await post(guestpass, endpoints.introspection, application, { token, token_type_hint: hint });
          expect(status).to.equal(200);
          expect(json).to.deep.equal({ active: false });
        }
      }
    }
    expect(await isActive(guestpass, owner, accessToken)).to.equal(true);
  });

  it("tells nothing to a caller that does not authenticate", async () => {
    const { accessToken } = await signedIn(guestpass, owner);
    for (const fields of [{}, { client_id: "owner" }, { client_id: "owner", client_secret: "wrong" }, { client_id: "nobody" }]) {
      const { status, json } = await post(guestpass, endpoints.introspection, undefined, { token: accessToken, ...fields });
      expect(status).to.be.oneOf([400, 401]);
      expect(json).not.to.have.property("active");
    }
  });

  it("can be introspected by the API that it is for, once that one says who it is", async () => {
    const resourceServer = await guestpass.register("api", { metadata: { guestpass_resources: { [api]: { scope: "files:read" } } } });
    const signIn = await codeFor(guestpass, owner, { params: { resource: api, scope: "openid files:read" } });
    const { json } = await redeem(guestpass, owner, signIn, { resource: api });
    const accessToken = json["access_token"];
    expect(await isActive(guestpass, resourceServer, accessToken)).to.equal(true);
    expect(await isActive(guestpass, stranger, accessToken)).to.equal(false);
    expect(await isActive(guestpass, open, accessToken), "a public client proves nothing").to.equal(false);
    expect(await opens(guestpass, accessToken), "userinfo is another audience").to.equal(false);
  });

  it("goes on working when a stranger revokes it", async () => {
    const { accessToken, refreshToken } = await signedIn(guestpass, owner);
    for (const application of [stranger, open]) {
      for (const token of [accessToken, refreshToken]) {
        expect((await post(guestpass, endpoints.revocation, application, { token })).status).to.equal(200);
      }
    }
    for (const fields of [{}, { client_id: "owner" }]) {
      expect((await post(guestpass, endpoints.revocation, undefined, { token: refreshToken, ...fields })).status).to.be.oneOf([400, 401]);
    }
    expect(await opens(guestpass, accessToken)).to.equal(true);
    expect((await refresh(guestpass, owner, refreshToken)).status).to.equal(200);
  });

  it("ends when its own application revokes it", async () => {
    const { accessToken, refreshToken } = await signedIn(guestpass, owner);
    await post(guestpass, endpoints.revocation, owner, { token: refreshToken });
    expect(await opens(guestpass, accessToken)).to.equal(false);
    expect((await refresh(guestpass, owner, refreshToken)).json["error"]).to.equal("invalid_grant");
  });

  it("cannot be asked for: a resource that an application is not registered with is refused", async () => {
    for (const resource of [api, "https://other.example", "__proto__", "constructor:", "not a uri"]) {
      const { url } = await guestpass.authorizationRequest(stranger, { resource, prompt: "none" });
      const { query } = await guestpass.browser().request(url);
      expect(query["error"], resource).to.equal("invalid_target");
    }
  });
});
