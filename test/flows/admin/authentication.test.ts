// Whose requests the administration API accepts.
import { expect } from "chai";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { AdminApi, allScopes, ownScopes, startWithAdmin, toAnswer, tokenFor } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, post, signedIn } from "../../support/protocol.ts";

describe("requests to the administration API, by whom they are made,", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let administrator: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    const started = await startWithAdmin(guestpass);
    admin = started.admin;
    administrator = started.applications.administrator;
  });
  after(() => guestpass.stop());

  const bearing = async (authorization: string | undefined, path = "/guests") =>
    toAnswer(await fetch(`${guestpass.issuer}/admin${path}`, { headers: authorization === undefined ? {} : { authorization } }));

  it("need an access token that an application got for this API with its own credentials", async () => {
    const application = await guestpass.register("open", {
      metadata: { guestpass_resources: { "https://api.example": { scope: "guests:read" } } },
    });
    const { accessToken, refreshToken, idToken } = await signedIn(guestpass, application, {
      params: { scope: "openid offline_access guests:read" },
    });
    const token = await admin.token;
    for (const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token} ${token}`,
      `Basic ${btoa(`console:${administrator.secret}`)}`,
      `Bearer ${administrator.secret}`,
      `Bearer ${accessToken}`,
      `Bearer ${refreshToken}`,
      `Bearer ${idToken}`,
      `DPoP ${token}`,
    ]) {
      const { status, headers, body } = await bearing(authorization);
      expect(status, authorization).to.equal(401);
      expect(headers.get("www-authenticate")).to.match(/^Bearer/);
      expect(headers.get("content-type")).to.contain("application/problem+json");
      expect(body).to.include({ status: 401, title: "Sign in" });
    }
    expect((await bearing(undefined, `/guests?access_token=${token}`)).status).to.equal(401);
    expect((await bearing(`bearer ${token}`)).status).to.equal(200);
  });

  it("cannot be made on a guest's behalf: no sign-in gives a token for this API", async () => {
    const request = await guestpass.authorizationRequest(administrator, {
      resource: `${guestpass.issuer}/admin`,
      scope: `openid ${allScopes}`,
    });
    expect((await guestpass.browser().request(request.url)).query["error"]).to.equal("invalid_target");
  });

  it("are not for public clients, even where one was registered with the grant", async () => {
    const { applications } = guestpass.server.app;
    const files = await guestpass.register("was-confidential");
    const stored = await applications.read("was-confidential");
    if (!stored) throw new Error("it is gone");
    const { client_secret: _secret, ...metadata } = stored.metadata;
    const by = { who: "operator", channel: "cli" as const, network: null };
    await applications.update(stored, { metadata: { ...metadata, token_endpoint_auth_method: "none" } }, by);
    const open = { ...files, secret: undefined, metadata: { ...metadata, token_endpoint_auth_method: "none" } };
    const { status } = await post(guestpass, endpoints.token, open, { grant_type: "client_credentials", scope: ownScopes });
    expect(status).to.equal(400);
  });

  it("do not take a token that is bound to a key as a bearer token (RFC 9449, 7.2)", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const proof = await new SignJWT({ htm: "POST", htu: `${guestpass.issuer}${endpoints.token}`, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: await exportJWK(publicKey) })
      .setIssuedAt()
      .sign(privateKey);
    const fields = { grant_type: "client_credentials", scope: "guests:read" };
    const { json } = await post(guestpass, endpoints.token, administrator, fields, { dpop: proof });
    expect(json["token_type"]).to.equal("DPoP");
    expect((await bearing(`Bearer ${json["access_token"]}`)).status).to.equal(401);
  });

  it("end with the token's ten minutes, and with its revocation", async () => {
    const token = await tokenFor(guestpass, administrator);
    await post(guestpass, endpoints.revocation, administrator, { token });
    expect((await bearing(`Bearer ${token}`)).status).to.equal(401);
    const late = await tokenFor(guestpass, administrator);
    guestpass.clock.advance({ minutes: 10, seconds: 1 });
    expect((await bearing(`Bearer ${late}`)).status).to.equal(401);
    admin = new AdminApi(guestpass, administrator);
  });
});
