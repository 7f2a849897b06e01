// RFC 9449: a token that is bound to a key is worth nothing to whoever stole it.
import { createHash, randomUUID } from "node:crypto";
import { expect } from "chai";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { codeFor, endpoints, post, userinfo } from "../../support/protocol.ts";

interface KeyPair {
  publicKey: CryptoKey;
  privateKey: CryptoKey;
}

describe("a token that is bound to a key (DPoP)", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let mine: KeyPair;
  let thieves: KeyPair;
  let accessToken: string;
  let refreshToken: string;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("browser-app", { metadata: { token_endpoint_auth_method: "none" } });
    [mine, thieves] = [await generateKeyPair("ES256"), await generateKeyPair("ES256")];
  });
  after(() => guestpass.stop());

  beforeEach(async () => {
    const { code, request } = await codeFor(guestpass, application);
    const fields = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: request.verifier };
    const { json } = await post(guestpass, endpoints.token, application, fields, { dpop: await proof(mine, "POST", endpoints.token) });
    expect(json["token_type"]).to.equal("DPoP");
    accessToken = json["access_token"] as string;
    refreshToken = json["refresh_token"] as string;
  });

  async function proof({ publicKey, privateKey }: KeyPair, method: string, path: string, changes: JWTPayload = {}): Promise<string> {
    const claims = { htm: method, htu: guestpass.issuer + path, jti: randomUUID(), iat: Math.floor(Date.now() / 1000), ...changes };
    const header = { alg: "ES256", typ: "dpop+jwt", jwk: await exportJWK(publicKey) };
    return new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
  }
  const ath = () => ({ ath: createHash("sha256").update(accessToken).digest("base64url") });
  const open = async (dpop: string) => (await userinfo(guestpass, `DPoP ${accessToken}`, { dpop })).status;
  const renew = (headers: Record<string, string>) =>
    post(guestpass, endpoints.token, application, { grant_type: "refresh_token", refresh_token: refreshToken }, headers);

  it("opens what it is for with a proof of the key", async () => {
    expect(await open(await proof(mine, "GET", endpoints.userinfo, ath()))).to.equal(200);
  });

  it("is worth nothing as a bearer token, in a header or in a form", async () => {
    expect((await userinfo(guestpass, `Bearer ${accessToken}`)).status).to.equal(401);
    expect((await userinfo(guestpass, `DPoP ${accessToken}`)).status).to.be.oneOf([400, 401]);
    expect((await post(guestpass, endpoints.userinfo, undefined, { access_token: accessToken })).status).to.equal(401);
  });

  it("is worth nothing with a proof that does not fit", async () => {
    const proofs: Record<string, string> = {
      "another key's": await proof(thieves, "GET", endpoints.userinfo, ath()),
      "for another token": await proof(mine, "GET", endpoints.userinfo, { ath: createHash("sha256").update("x").digest("base64url") }),
      "for no token": await proof(mine, "GET", endpoints.userinfo),
      "for another method": await proof(mine, "POST", endpoints.userinfo, ath()),
      "for another endpoint": await proof(mine, "GET", endpoints.token, ath()),
      "for another server": await proof(mine, "GET", endpoints.userinfo, { ...ath(), htu: `http://evil.example${endpoints.userinfo}` }),
      "too old": await proof(mine, "GET", endpoints.userinfo, { ...ath(), iat: Math.floor(Date.now() / 1000) - 3600 }),
      "from the future": await proof(mine, "GET", endpoints.userinfo, { ...ath(), iat: Math.floor(Date.now() / 1000) + 3600 }),
      "that is no JWT": "e30.e30.x",
    };
    for (const [what, dpop] of Object.entries(proofs)) expect(await open(dpop), what).to.be.oneOf([400, 401]);
  });

  it("takes each proof once, even many times at the same moment", async () => {
    const dpop = await proof(mine, "GET", endpoints.userinfo, ath());
    const statuses = await Promise.all(Array.from({ length: 6 }, () => open(dpop)));
    expect(statuses.filter((status) => status === 200)).to.have.lengthOf(1);
    expect(await open(dpop)).to.equal(401);
  });

  it("takes no proof at the token endpoint a second time, and says so", async () => {
    const dpop = await proof(mine, "POST", endpoints.token);
    expect((await renew({ dpop })).status).to.equal(200);
    const again = await renew({ dpop });
    expect([again.status, again.json["error"]]).to.deep.equal([400, "invalid_dpop_proof"]);
    expect((await renew({ dpop: await proof(mine, "POST", endpoints.token) })).status).to.equal(200);
  });

  it("is not renewed without the key", async () => {
    expect((await renew({})).json["error"]).to.equal("invalid_grant");
    expect((await renew({ dpop: await proof(thieves, "POST", endpoints.token) })).json["error"]).to.equal("invalid_grant");
    const renewed = await renew({ dpop: await proof(mine, "POST", endpoints.token) });
    expect(renewed.status).to.equal(200);
    expect(renewed.json["token_type"]).to.equal("DPoP");
  });
});
