// OpenID Connect Core 1.0, section 3.1; RFC 9207; checked with jose, not with the client library that asked.
import { createHash } from "node:crypto";
import { expect } from "chai";
import { createRemoteJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import type { TokenEndpointResponse } from "openid-client";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";

describe("the authorization code flow", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  afterEach(() => guestpass.clock.reset());

  const signIn = (request: AuthorizationRequest) => guestpass.signIn(guestpass.browser(), request, "ada@example.com");

  async function verify(tokens: TokenEndpointResponse, clientId: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(tokens.id_token as string, createRemoteJWKSet(new URL(`${guestpass.issuer}/jwks`)), {
      issuer: guestpass.issuer,
      audience: clientId,
      requiredClaims: ["sub", "iat", "exp", "auth_time"],
    });
    return payload;
  }

  it("answers with code, state and iss in the query, and nothing else", async () => {
    const request = await guestpass.authorizationRequest(application);
    const answer = await signIn(request);
    expect(answer.location.startsWith(`${redirectUri}?`)).to.equal(true);
    expect(answer.query).to.have.all.keys("code", "state", "iss");
    expect(answer.query).to.include({ state: request.state, iss: guestpass.issuer });
  });

  it("sends back a state that needs escaping as it was", async () => {
    const state = 'a b&c=d"<é>%2F+';
    const request = await guestpass.authorizationRequest(application, { state });
    expect((await signIn(request)).query["state"]).to.equal(state);
  });

  it("signs the ID token with RS256 for an application that asks for nothing else, over the claims of a sign-in only", async () => {
    const request = await guestpass.authorizationRequest(application);
    const tokens = await guestpass.redeem(request, await signIn(request));
    const header = decodeProtectedHeader(tokens.id_token as string);
    expect(header.alg).to.equal("RS256");
    expect(header.kid).to.be.a("string");
    const claims = await verify(tokens, "files");
    expect(claims).to.have.all.keys("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "session_expiry");
    expect(claims["nonce"]).to.equal(request.nonce);
    expect(claims.iat).to.be.closeTo(Date.now() / 1000, 60);
    expect(claims.exp).to.equal((claims.iat as number) + 3600);
  });

  it("signs it with ES256 for an application that is registered so", async () => {
    const es256 = await guestpass.register("es256", { metadata: { id_token_signed_response_alg: "ES256" } });
    const request = await guestpass.authorizationRequest(es256);
    const tokens = await guestpass.redeem(request, await signIn(request));
    expect(decodeProtectedHeader(tokens.id_token as string).alg).to.equal("ES256");
    await verify(tokens, "es256");
  });

  it("gives an at_hash that fits the access token, or none", async () => {
    const request = await guestpass.authorizationRequest(application);
    const tokens = await guestpass.redeem(request, await signIn(request));
    const fitting = createHash("sha256").update(tokens.access_token).digest().subarray(0, 16).toString("base64url");
    expect([undefined, fitting]).to.include((await verify(tokens, "files"))["at_hash"]);
  });

  it("works without a nonce", async () => {
    const request = await guestpass.authorizationRequest(application);
    const url = new URL(request.url);
    url.searchParams.delete("nonce");
    const tokens = await guestpass.redeem({ ...request, nonce: undefined }, await signIn({ ...request, url: url.href }));
    expect(await verify(tokens, "files")).not.to.have.property("nonce");
  });

  it("takes scopes in any order, and says which it gave", async () => {
    const request = await guestpass.authorizationRequest(application, { scope: "profile email openid" });
    const tokens = await guestpass.redeem(request, await signIn(request));
    expect(tokens.scope?.split(" ")).to.have.members(["openid", "email", "profile"]);
  });

  it("answers with a bearer token that no cache keeps", async () => {
    const request = await guestpass.authorizationRequest(application);
    const answer = await redeemByHand(request, await signIn(request).then(({ query }) => query["code"] as string));
    expect(answer.status).to.equal(200);
    expect(answer.headers.get("content-type")).to.match(/^application\/json/);
    expect(answer.headers.get("cache-control")).to.equal("no-store");
    expect(await answer.json()).to.include({ token_type: "Bearer", expires_in: 3600 });
  });

  it("makes codes and tokens of more than 96 bits", async () => {
    const request = await guestpass.authorizationRequest(application);
    const answer = await signIn(request);
    const tokens = await guestpass.redeem(request, answer);
    for (const value of [answer.query["code"], tokens.access_token, tokens.refresh_token]) {
      expect(entropy(value as string), value).to.be.greaterThan(96);
    }
  });

  it("refuses a code that comes again half a minute later, and ends what the first use gave", async () => {
    const request = await guestpass.authorizationRequest(application);
    const answer = await signIn(request);
    const code = answer.query["code"] as string;
    const tokens = await guestpass.redeem(request, answer);
    const userinfo = () => fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect((await userinfo()).status).to.equal(200);
    guestpass.clock.advance({ seconds: 30 });
    const replay = await redeemByHand(request, code);
    expect(replay.status).to.equal(400);
    expect(await replay.json()).to.include({ error: "invalid_grant" });
    expect((await userinfo()).status).to.equal(401);
    const refresh = await token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token as string });
    expect(await refresh.json()).to.include({ error: "invalid_grant" });
  });

  function redeemByHand(request: AuthorizationRequest, code: string): Promise<Response> {
    return token({ grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: request.verifier });
  }

  function token(body: Record<string, string>): Promise<Response> {
    const credentials = Buffer.from(`files:${application.secret}`).toString("base64");
    return fetch(`${guestpass.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams(body),
    });
  }
});

/** Shannon's, over the signs of the value, in bits: the conformance suite's measure. */
function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const sign of value) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  const share = [...counts.values()].map((count) => count / value.length);
  return -value.length * share.reduce((sum, p) => sum + p * Math.log2(p), 0);
}
