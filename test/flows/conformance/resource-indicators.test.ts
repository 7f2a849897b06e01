// RFC 8707: tokens for an API; RFC 7662: the API asks what a token is worth.
import { expect } from "chai";
import * as oidc from "openid-client";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

const resource = "https://api.example.com/files";

describe("a token for an API", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let api: oidc.Configuration;

  before(async () => {
    guestpass = await Guestpass.start();
    const metadata = (scope: string) => ({ metadata: { guestpass_resources: { [resource]: { scope } } } });
    application = await guestpass.register("files", metadata("files:read files:write"));
    const noOneSignsIn = { redirect_uris: [], post_logout_redirect_uris: [], response_types: [], grant_types: ["client_credentials"] };
    const its = metadata("files:read files:write files:delete").metadata;
    api = await guestpass.client(await guestpass.register("api", { metadata: { ...noOneSignsIn, ...its } }));
  });
  after(() => guestpass.stop());

  async function signIn(scope: string) {
    const request = await guestpass.authorizationRequest(application, { scope, resource });
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    const checks = {
      pkceCodeVerifier: request.verifier,
      expectedState: request.state,
      expectedNonce: request.nonce as string,
    };
    const redeem = (params?: Record<string, string>) =>
      oidc.authorizationCodeGrant(request.config, new URL(answer.location), checks, params);
    return { config: request.config, redeem };
  }

  it("carries the resource's scopes that were asked for, and those only that the application is registered with", async () => {
    const { redeem } = await signIn("openid email files:read files:delete");
    const tokens = await redeem({ resource });
    expect(tokens.scope).to.equal("files:read");
    const seen = await oidc.tokenIntrospection(api, tokens.access_token);
    expect(seen).to.include({ active: true, aud: resource, scope: "files:read", client_id: "files", sub: tokens.claims()?.sub });
  });

  it("comes by refresh too, beside a token for userinfo", async () => {
    const { config, redeem } = await signIn("openid email files:read files:write");
    const tokens = await redeem();
    const sub = tokens.claims()?.sub as string;
    expect((await oidc.fetchUserInfo(config, tokens.access_token, sub)).email).to.equal("ada@example.com");
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string, { resource });
    const seen = await oidc.tokenIntrospection(api, refreshed.access_token);
    expect(seen).to.include({ active: true, aud: resource, scope: "files:read files:write", sub });
  });

  it("is no token for userinfo", async () => {
    const { redeem } = await signIn("openid email files:read");
    const { access_token: token } = await redeem({ resource });
    const answer = await fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).to.be.oneOf([401, 403]);
  });

  it("is known to the application and to the API, and to nobody else", async () => {
    const { config, redeem } = await signIn("openid files:read");
    const { access_token: token } = await redeem({ resource });
    const other = await guestpass.client(
      await guestpass.register("other", { metadata: { guestpass_resources: { "https://api.example.com/mail": { scope: "mail:read" } } } }),
    );
    expect(await oidc.tokenIntrospection(other, token)).to.deep.equal({ active: false });
    expect(await oidc.tokenIntrospection(config, token)).to.include({ active: true });
    await oidc.tokenRevocation(other, token).catch(() => undefined);
    expect(await oidc.tokenIntrospection(api, token)).to.include({ active: true });
  });

  it("that an application got with its own credentials is known to the API too, and to no other", async () => {
    const config = await guestpass.client(application);
    const { access_token: token } = await oidc.clientCredentialsGrant(config, { resource, scope: "files:read" });
    expect(await oidc.tokenIntrospection(api, token)).to.include({ active: true, aud: resource, scope: "files:read", client_id: "files" });
    const stranger = await guestpass.client(await guestpass.register("no-audience"));
    expect(await oidc.tokenIntrospection(stranger, token)).to.deep.equal({ active: false });
    const open = { token_endpoint_auth_method: "none", guestpass_resources: { [resource]: { scope: "files:read" } } };
    const anybody = await guestpass.client(await guestpass.register("anybody", { metadata: open }));
    expect(await oidc.tokenIntrospection(anybody, token)).to.deep.equal({ active: false });
  });

  it("of the administration API can be introspected by nobody else", async () => {
    const admin = `${guestpass.issuer}/admin`;
    const curious = await guestpass.register("curious", { metadata: { guestpass_resources: { [admin]: { scope: "read" } } } });
    const { access_token: token } = await oidc.clientCredentialsGrant(await guestpass.client(application), { scope: "invitations:read" });
    expect(await oidc.tokenIntrospection(await guestpass.client(curious), token)).to.deep.equal({ active: false });
  });

  it("is not for an application that is not registered with the resource", async () => {
    const stranger = await guestpass.register("stranger");
    const request = await guestpass.authorizationRequest(stranger, { scope: "openid files:read", resource });
    const answer = await guestpass.browser().open(request.url);
    expect(answer.query).to.include({ error: "invalid_target", state: request.state, iss: guestpass.issuer });
    const { redeem } = await signIn("openid files:read");
    const elsewhere = redeem({ resource: "https://api.example.com/mail" });
    expect(await elsewhere.catch((error: oidc.ResponseBodyError) => error.error)).to.equal("invalid_target");
  });
});
