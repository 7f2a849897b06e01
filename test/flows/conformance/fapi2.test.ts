// The modules of the OpenID Foundation's plan "FAPI 2.0 Security Profile, Final" (private_key_jwt, DPoP, OpenID Connect, unsigned requests),
// each by its name without the prefix fapi2-security-profile-final-.
import { randomBytes, randomUUID } from "node:crypto";
import { expect } from "chai";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
} from "jose";
import * as oidc from "openid-client";
import type { Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { endpoints, post, type Reply } from "../../support/protocol.ts";

type Fields = Record<string, string>;

interface KeyPair {
  publicKey: CryptoKey;
  privateKey: CryptoKey;
  jwk: JWK;
}

interface Begun {
  verifier: string;
  requestUri: string;
  state: string;
}

describe("fapi2-security-profile-final", () => {
  let guestpass: Guestpass;
  let other: RegisteredApplication;
  const signing = new Map<string, KeyPair>();
  let dpopKey: KeyPair;
  let strangersKey: KeyPair;
  /** Somebody who is signed in, so that most modules see no screen. */
  let browser: Browser;

  before(async () => {
    guestpass = await Guestpass.start();
    [dpopKey, strangersKey] = [await keyPair("ES256"), await keyPair("ES256")];
    await register("bank");
    other = await register("other-bank");
    browser = guestpass.browser();
    await authorize(await push(), "ada@example.com");
  });
  after(() => guestpass.stop());
  afterEach(() => guestpass.clock.reset());

  async function keyPair(alg: string): Promise<KeyPair> {
    const pair = await generateKeyPair(alg, { extractable: true });
    return { ...pair, jwk: await exportJWK(pair.publicKey) };
  }

  async function register(clientId: string): Promise<RegisteredApplication> {
    const keys: JWK[] = [];
    for (const alg of ["ES256", "RS256", "PS256"]) {
      const pair = await keyPair(alg);
      signing.set(`${clientId} ${alg}`, pair);
      keys.push({ ...pair.jwk, kid: alg });
    }
    const body = {
      ...{ client_id: clientId, name: clientId, profile: "fapi2", admission: "anyone", first_party: true },
      ...{ redirect_uris: [redirectUri], jwks: { keys } },
    };
    await guestpass.server.app.admin("createApplication", { body });
    const registered = await guestpass.server.app.applications.read(clientId);
    return { ...(registered as unknown as RegisteredApplication), secret: undefined };
  }

  const now = () => Math.floor(Date.now() / 1000);

  /** What authenticates the application. */
  async function assertion(changes: object = {}, { alg = "ES256", clientId = "bank" } = {}): Promise<Fields> {
    const claims = { iss: clientId, sub: clientId, aud: guestpass.issuer, jti: randomUUID(), iat: now(), exp: now() + 60, ...changes };
    const { privateKey } = signing.get(`${clientId} ${alg}`) as KeyPair;
    const jwt = await new SignJWT(claims).setProtectedHeader({ alg, kid: alg }).sign(privateKey);
    return { client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion: jwt };
  }

  async function proof(path: string, changes: object = {}, { key = dpopKey, method = "POST", header = {} } = {}): Promise<Fields> {
    const claims = { htm: method, htu: guestpass.issuer + path, jti: randomUUID(), iat: now(), ...changes };
    const all = { alg: "ES256", typ: "dpop+jwt", jwk: key.jwk, ...header };
    return { dpop: await new SignJWT(claims).setProtectedHeader(all).sign(key.privateKey) };
  }

  async function parameters(verifier: string, changes: Record<string, string | undefined> = {}): Promise<Fields> {
    const all = {
      ...{ client_id: "bank", response_type: "code", redirect_uri: redirectUri, scope: "openid email", state: "s1", nonce: "n1" },
      ...{ code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" },
      ...changes,
    };
    return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  const pushed = async (fields: Fields, authentication?: Fields, headers: Fields = {}): Promise<Reply> =>
    post(guestpass, endpoints.pushed, undefined, { ...fields, ...(authentication ?? (await assertion())) }, headers);

  async function push(changes: Record<string, string | undefined> = {}, headers: Fields = {}): Promise<Begun> {
    const verifier = oidc.randomPKCECodeVerifier();
    const { status, json } = await pushed(await parameters(verifier, changes), undefined, headers);
    expect(status, JSON.stringify(json)).to.equal(201);
    return { verifier, requestUri: String(json["request_uri"]), state: "s1" };
  }

  const urlOf = ({ requestUri }: Begun, clientId = "bank") =>
    `${guestpass.issuer}/auth?${new URLSearchParams({ client_id: clientId, request_uri: requestUri })}`;

  /** The answer at the redirect URI. */
  async function authorize(begun: Begun, address?: string): Promise<Fields> {
    const url = urlOf(begun);
    return (address === undefined ? await browser.open(url) : await guestpass.signIn(browser, { url }, address)).query;
  }

  async function codeOf(begun: Begun): Promise<string> {
    const answer = await authorize(begun);
    expect(answer).to.include({ iss: guestpass.issuer });
    return answer["code"] as string;
  }

  async function redeem(
    code: string,
    { verifier }: Begun,
    changes: Fields = {},
    headers?: Fields,
    authentication?: Fields,
  ): Promise<Reply> {
    const fields = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier, ...changes };
    const all = { ...fields, ...(authentication ?? (await assertion())) };
    return post(guestpass, endpoints.token, undefined, all, headers ?? (await proof(endpoints.token)));
  }

  async function tokens(params: Record<string, string | undefined> = {}): Promise<Reply> {
    const begun = await push(params);
    const reply = await redeem(await codeOf(begun), begun);
    expect(reply.status, JSON.stringify(reply.json)).to.equal(200);
    return reply;
  }

  async function userinfo(token: unknown, { scheme = "DPoP", key = dpopKey, changes = {} as object } = {}): Promise<Response> {
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(String(token)))).toString("base64url");
    const dpop = await proof(endpoints.userinfo, { ath: hash, ...changes }, { key, method: "GET" });
    return fetch(guestpass.issuer + endpoints.userinfo, { headers: { authorization: `${scheme} ${token}`, ...dpop } });
  }

  const isRefused = ({ status, json }: Reply, errors: string[], what = "") => {
    expect(status, what).to.be.oneOf([400, 401]);
    expect(json["error"], `${what} ${json["error_description"]}`).to.be.oneOf(errors);
  };

  it("discovery-end-point-verification", async () => {
    const discovery = (await (await fetch(`${guestpass.issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>;
    expect(discovery["token_endpoint_auth_methods_supported"]).to.include("private_key_jwt");
    expect(discovery["token_endpoint_auth_signing_alg_values_supported"]).to.include.members(["ES256", "PS256", "EdDSA"]);
    expect(discovery["dpop_signing_alg_values_supported"]).to.have.members(["ES256", "EdDSA", "PS256"]);
    expect(discovery["id_token_signing_alg_values_supported"]).to.include("ES256");
    expect(discovery["code_challenge_methods_supported"]).to.deep.equal(["S256"]);
    expect(discovery["response_types_supported"]).to.deep.equal(["code"]);
    expect(discovery).to.include({ authorization_response_iss_parameter_supported: true });
    expect(discovery["pushed_authorization_request_endpoint"]).to.equal(guestpass.issuer + endpoints.pushed);
  });

  it("happy-flow, with a library", async () => {
    const { privateKey } = signing.get("bank ES256") as KeyPair;
    const issuer = new URL(guestpass.issuer);
    const authentication = oidc.PrivateKeyJwt({ key: privateKey, kid: "ES256" });
    const metadata = { id_token_signed_response_alg: "ES256" };
    const config = await oidc.discovery(issuer, "bank", metadata, authentication, { execute: [oidc.allowInsecureRequests] });
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    const verifier = oidc.randomPKCECodeVerifier();
    const wishes = await parameters(verifier);
    const url = await oidc.buildAuthorizationUrlWithPAR(config, wishes, { DPoP });
    const { location } = await browser.open(url.href);
    const checks = { pkceCodeVerifier: verifier, expectedState: "s1", expectedNonce: "n1", idTokenExpected: true };
    const given = await oidc.authorizationCodeGrant(config, new URL(location), checks, undefined, { DPoP });
    expect(decodeProtectedHeader(given.id_token as string).alg).to.equal("ES256");
    const claims = await oidc.fetchUserInfo(config, given.access_token, given.claims()?.sub as string, { DPoP });
    expect(claims.email).to.equal("ada@example.com");
    for (let time = 0; time < 2; time++) {
      const renewed = await oidc.refreshTokenGrant(config, given.refresh_token as string, undefined, { DPoP });
      expect(renewed.refresh_token).to.equal(given.refresh_token);
    }
  });

  it("user-rejects-authentication", async () => {
    const begun = await push({ prompt: "login" });
    const page = await browser.open(urlOf(begun));
    const answer = await browser.submit(page, "/cancel");
    expect(answer.query).to.include({ error: "access_denied", state: "s1", iss: guestpass.issuer });
  });

  it("ensure-authorization-request-without-state-success", async () => {
    const answer = await authorize(await push({ state: undefined }));
    expect(answer).to.have.property("code");
    expect(answer).not.to.have.property("state");
  });

  it("ensure-authorization-request-without-nonce-success", async () => {
    const { json } = await tokens({ nonce: undefined });
    expect(decodeJwt(String(json["id_token"]))).not.to.have.property("nonce");
  });

  for (const [module, length] of [
    ["ensure-authorization-request-with-64-char-nonce-success", 64],
    ["ensure-authorization-request-with-long-nonce", 384],
  ] as const) {
    it(module, async () => {
      const nonce = randomBytes(length).toString("hex").slice(0, length);
      const { json } = await tokens({ nonce });
      expect(decodeJwt(String(json["id_token"]))["nonce"]).to.equal(nonce);
    });
  }

  it("ensure-authorization-request-with-long-state", async () => {
    const state = randomBytes(192).toString("hex");
    expect((await authorize(await push({ state })))["state"]).to.equal(state);
  });

  it("ensure-other-scope-order-succeeds", async () => {
    expect((await tokens({ scope: "email openid" })).json["scope"]).to.be.oneOf(["email openid", "openid email"]);
  });

  it("test-claims-parameter-identity-claims", async () => {
    const claims = JSON.stringify({ id_token: { email: { essential: true } }, userinfo: { name: null } });
    const { json } = await tokens({ scope: "openid", claims });
    expect(decodeJwt(String(json["id_token"]))["email"]).to.equal("ada@example.com");
  });

  it("access-token-type-header-case-sensitivity", async () => {
    const { json } = await tokens();
    for (const scheme of ["DPoP", "dpop", "dPoP", "DPOP"])
      expect((await userinfo(json["access_token"], { scheme })).status, scheme).to.equal(200);
  });

  it("check-dpop-proof-nbf-exp", async () => {
    const begun = await push();
    const dpop = await proof(endpoints.token, { nbf: now() - 10, exp: now() + 60 });
    expect((await redeem(await codeOf(begun), begun, {}, dpop)).status).to.equal(200);
  });

  for (const [module, seconds] of [
    ["ensure-dpopproof-with-iat-10seconds-before-succeeds", -10],
    ["ensure-dpopproof-with-iat-10seconds-after-succeeds", 10],
  ] as const) {
    it(module, async () => {
      const begun = await push();
      const dpop = await proof(endpoints.token, { iat: now() + seconds });
      expect((await redeem(await codeOf(begun), begun, {}, dpop)).status).to.equal(200);
    });
  }

  it("ensure-mismatched-dpop-jkt-fails", async () => {
    const dpop_jkt = await calculateJwkThumbprint(strangersKey.jwk);
    const fields = await parameters(oidc.randomPKCECodeVerifier(), { dpop_jkt });
    isRefused(await pushed(fields, undefined, await proof(endpoints.pushed)), ["invalid_request", "invalid_dpop_proof"]);
  });

  it("ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt", async () => {
    const begun = await push({}, await proof(endpoints.pushed));
    const dpop = await proof(endpoints.token, {}, { key: strangersKey });
    isRefused(await redeem(await codeOf(begun), begun, {}, dpop), ["invalid_grant", "invalid_dpop_proof"]);
  });

  it("ensure-token-endpoint-fails-with-mismatched-dpop-jkt", async () => {
    const begun = await push({ dpop_jkt: await calculateJwkThumbprint(strangersKey.jwk) });
    isRefused(await redeem(await codeOf(begun), begun), ["invalid_grant", "invalid_dpop_proof"]);
  });

  it("ensure-dpopproof-at-par-endpoint-binding-success", async () => {
    const begun = await push({}, await proof(endpoints.pushed));
    expect((await redeem(await codeOf(begun), begun)).status).to.equal(200);
  });

  it("ensure-dpop-auth-code-binding-success", async () => {
    const begun = await push({ dpop_jkt: await calculateJwkThumbprint(dpopKey.jwk) });
    expect((await redeem(await codeOf(begun), begun)).status).to.equal(200);
  });

  it("state-only-outside-request-object-not-used", async () => {
    const begun = await push({ state: undefined });
    const answer = await browser.open(`${urlOf(begun)}&state=outside&nonce=outside`);
    expect(answer.query).not.to.have.property("state");
  });

  it("ensure-different-nonce-inside-and-outside-request-object and ensure-different-state-inside-and-outside-request-object", async () => {
    const begun = await push();
    const answer = await browser.open(`${urlOf(begun)}&state=outside&nonce=outside`);
    expect(answer.query["state"]).to.equal("s1");
    const { json } = await redeem(answer.query["code"] as string, begun);
    expect(decodeJwt(String(json["id_token"]))["nonce"]).to.equal("n1");
  });

  it("ensure-request-object-without-redirect-uri-fails and ensure-redirect-uri-in-authorization-request", async () => {
    const fields = await parameters(oidc.randomPKCECodeVerifier(), { redirect_uri: undefined });
    isRefused(await pushed(fields), ["invalid_request"]);
  });

  it("ensure-registered-redirect-uri and plain-fapi-tolerate-unregistered-redirect-uri", async () => {
    const fields = await parameters(oidc.randomPKCECodeVerifier(), { redirect_uri: `${redirectUri}/more` });
    isRefused(await pushed(fields), ["invalid_request", "invalid_redirect_uri"]);
  });

  it("ensure-unsigned-authorization-request-without-using-par-fails", async () => {
    const query = new URLSearchParams(await parameters(oidc.randomPKCECodeVerifier()));
    const answer = await browser.open(`${guestpass.issuer}/auth?${query}`);
    expect(answer.query).to.include({ error: "invalid_request" });
    expect(answer.query).not.to.have.property("code");
  });

  for (const [module, type] of [
    ["ensure-response-type-code-idtoken-fails", "code id_token"],
    ["ensure-response-type-token-fails", "token"],
  ] as const) {
    it(module, async () => {
      const fields = await parameters(oidc.randomPKCECodeVerifier(), { response_type: type });
      isRefused(await pushed(fields), ["unsupported_response_type", "invalid_request", "unauthorized_client"]);
    });
  }

  it("ensure-client-id-in-token-endpoint", async () => {
    const begun = await push();
    const reply = await redeem(await codeOf(begun), begun, { client_id: "other-bank" });
    isRefused(reply, ["invalid_client", "invalid_request", "invalid_grant"]);
  });

  it("ensure-holder-of-key-required", async () => {
    const begun = await push();
    const code = await codeOf(begun);
    isRefused(await redeem(code, begun, {}, {}), ["invalid_request", "invalid_grant", "invalid_dpop_proof"]);
    expect((await redeem(code, begun)).status, "the code was not used up").to.equal(200);
    const { json } = await tokens();
    const headers = { authorization: `Bearer ${json["access_token"]}` };
    expect((await fetch(guestpass.issuer + endpoints.userinfo, { headers })).status).to.equal(401);
  });

  it("ensure-authorization-code-is-bound-to-client", async () => {
    const begun = await push();
    const authentication = await assertion({}, { clientId: "other-bank" });
    isRefused(await redeem(await codeOf(begun), begun, {}, undefined, authentication), ["invalid_grant"]);
    expect(other.clientId).to.equal("other-bank");
  });

  it("attempt-reuse-authorization-code-after-one-second", async () => {
    const begun = await push();
    const code = await codeOf(begun);
    const { json } = await redeem(code, begun);
    guestpass.clock.advance({ seconds: 1 });
    isRefused(await redeem(code, begun), ["invalid_grant"]);
    expect((await userinfo(json["access_token"])).status, "its tokens").to.equal(401);
  });

  it("ensure-token-endpoint-fails-with-expired-auth-code", async () => {
    const begun = await push();
    const code = await codeOf(begun);
    guestpass.clock.advance({ seconds: 61 });
    isRefused(await redeem(code, begun), ["invalid_grant"]);
  });

  it("ensure-signed-client-assertion-with-RS256-fails", async () => {
    const fields = await parameters(oidc.randomPKCECodeVerifier());
    isRefused(await pushed(fields, await assertion({}, { alg: "RS256" })), ["invalid_client"]);
    expect((await pushed(fields, await assertion({}, { alg: "PS256" }))).status).to.equal(201);
  });

  it("ensure-client-assertion-in-token-endpoint", async () => {
    const begun = await push();
    const code = await codeOf(begun);
    isRefused(await redeem(code, begun, {}, undefined, { client_id: "bank" }), ["invalid_client"]);
    expect((await redeem(code, begun)).status).to.equal(200);
  });

  for (const [module, changes] of Object.entries({
    "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails": () => ({ iat: now() - 360, exp: now() - 300 }),
    "ensure-client-assertion-with-wrong-aud-fails": () => ({ aud: "https://other.example" }),
    "ensure-client-assertion-with-no-sub-fails": () => ({ sub: undefined }),
    "par-test-array-as-audience-fails": () => ({ aud: [guestpass.issuer, guestpass.issuer + endpoints.pushed] }),
    "par-test-par-endpoint-url-as-audience-fails": () => ({ aud: guestpass.issuer + endpoints.pushed }),
    "par-test-token-endpoint-url-as-audience-fails": () => ({ aud: guestpass.issuer + endpoints.token }),
    "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails": () => ({
      iat: now() + 90,
      nbf: now() + 90,
      exp: now() + 150,
    }),
  })) {
    it(module, async () => {
      const fields = await parameters(oidc.randomPKCECodeVerifier());
      isRefused(await pushed(fields, await assertion(changes())), ["invalid_client", "invalid_request"], module);
      const begun = await push();
      const reply = await redeem(await codeOf(begun), begun, {}, undefined, await assertion(changes()));
      isRefused(reply, ["invalid_client", "invalid_request"], `${module} at the token endpoint`);
    });
  }

  it("ensure-invalid-client-assertions-fail", async () => {
    const fields = await parameters(oidc.randomPKCECodeVerifier());
    const whole = await assertion();
    const [header, , signature = ""] = (whole["client_assertion"] as string).split(".");
    const payload = Buffer.from(JSON.stringify(decodeJwt(whole["client_assertion"] as string))).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const otherSignature = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    const signed = (client_assertion: string) => ({ ...whole, client_assertion });
    const { client_assertion_type: _type, ...untyped } = whole;
    for (const [what, authentication] of Object.entries<Fields>({
      "no assertion": { client_id: "bank" },
      "no type": untyped,
      "another type": { ...whole, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:saml2-bearer" },
      "no sub": await assertion({ sub: undefined }),
      "another sub": await assertion({ sub: "other-bank" }),
      "no iss": await assertion({ iss: undefined }),
      "another iss": await assertion({ iss: "other-bank" }),
      "no aud": await assertion({ aud: undefined }),
      "an array with the issuer as aud": await assertion({ aud: [guestpass.issuer] }),
      "no exp": await assertion({ exp: undefined }),
      "no signature": signed(`${none}.${payload}.`),
      "an altered signature": signed(`${header}.${payload}.${otherSignature}`),
    }))
      isRefused(await pushed(fields, authentication), ["invalid_client", "invalid_request"], what);
    expect((await pushed(fields, whole)).status, "the one that all of them were made from").to.equal(201);
  });

  it("par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted", async () => {
    const fields = await parameters(oidc.randomPKCECodeVerifier());
    expect((await pushed(fields, await assertion({ iat: now() + 8, nbf: now() + 8 }))).status).to.equal(201);
  });

  it("dpop-negative-tests", async () => {
    const begun = await push();
    const code = await codeOf(begun);
    const broken: Record<string, Fields> = {
      "another endpoint": await proof(endpoints.userinfo),
      "another method": await proof(endpoints.token, { htm: "GET" }),
      "no htu": await proof(endpoints.token, { htu: undefined }),
      "no htm": await proof(endpoints.token, { htm: undefined }),
      "no jti": await proof(endpoints.token, { jti: undefined }),
      "too old": await proof(endpoints.token, { iat: now() - 3600 }),
      "from the future": await proof(endpoints.token, { iat: now() + 3600 }),
      "another type": await proof(endpoints.token, {}, { header: { typ: "JWT" } }),
      "a private key": await proof(endpoints.token, {}, { header: { jwk: await exportJWK(dpopKey.privateKey) } }),
      "another's key": await proof(endpoints.token, {}, { header: { jwk: strangersKey.jwk } }),
    };
    for (const [what, dpop] of Object.entries(broken)) isRefused(await redeem(code, begun, {}, dpop), ["invalid_dpop_proof"], what);
    const good = await redeem(code, begun);
    expect(good.status, "the code was not used up").to.equal(200);
    const token = good.json["access_token"];
    expect((await userinfo(token, { changes: { ath: "x" } })).status, "another ath").to.equal(401);
    expect((await userinfo(token, { changes: { ath: undefined } })).status, "no ath").to.equal(401);
    expect((await userinfo(token, { key: strangersKey })).status, "another key").to.equal(401);
    expect((await userinfo(token)).status).to.equal(200);
  });

  it("refresh-token", async () => {
    const { json } = await tokens();
    const refresh = async (authentication?: Fields) => {
      const fields = { grant_type: "refresh_token", refresh_token: String(json["refresh_token"]) };
      return post(
        guestpass,
        endpoints.token,
        undefined,
        { ...fields, ...(authentication ?? (await assertion())) },
        await proof(endpoints.token),
      );
    };
    for (let time = 0; time < 3; time++) {
      const renewed = await refresh();
      expect(renewed.status).to.equal(200);
      expect(renewed.json["refresh_token"]).to.equal(json["refresh_token"]);
      expect((await userinfo(renewed.json["access_token"])).status).to.equal(200);
      guestpass.clock.advance({ minutes: 5 });
    }
    isRefused(await refresh(await assertion({}, { clientId: "other-bank" })), ["invalid_grant"]);
    expect((await refresh()).status).to.equal(200);
  });

  it("par-ensure-reused-request-uri-prior-to-auth-completion-succeeds", async () => {
    const begun = await push({ prompt: "login" });
    await browser.open(urlOf(begun));
    const code = (await authorize(begun, "ada@example.com"))["code"] as string;
    expect((await redeem(code, begun)).status).to.equal(200);
  });

  it("par-attempt-reuse-request_uri", async () => {
    const begun = await push();
    await codeOf(begun);
    const page = await browser.open(urlOf(begun));
    expect([page.status, page.headers.get("location")]).to.deep.equal([400, null]);
  });

  it("par-attempt-to-use-expired-request_uri", async () => {
    const begun = await push();
    guestpass.clock.advance({ seconds: 61 });
    const page = await browser.open(urlOf(begun));
    expect([page.status, page.headers.get("location")]).to.deep.equal([400, null]);
  });

  it("par-attempt-to-use-request_uri-for-different-client", async () => {
    const page = await browser.open(urlOf(await push(), "other-bank"));
    expect([page.status, page.headers.get("location")]).to.deep.equal([400, null]);
  });

  it("par-authorization-request-containing-request_uri-form-param", async () => {
    const { requestUri } = await push();
    const fields = await parameters(oidc.randomPKCECodeVerifier(), { request_uri: requestUri });
    isRefused(await pushed(fields), ["invalid_request", "request_uri_not_supported"]);
  });

  it("par-attempt-invalid-http-method", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const { status } = await fetch(guestpass.issuer + endpoints.pushed, { method });
      expect(status, method).to.be.within(400, 499);
    }
  });

  it("par-ensure-pkce-required", async () => {
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    isRefused(await pushed(await parameters(oidc.randomPKCECodeVerifier(), none)), ["invalid_request"]);
  });

  it("ensure-pkce-code-verifier-required", async () => {
    const begun = await push();
    const { verifier: _left, ...rest } = begun;
    const fields = { grant_type: "authorization_code", code: await codeOf(begun), redirect_uri: redirectUri, ...(await assertion()) };
    isRefused(await post(guestpass, endpoints.token, undefined, fields, await proof(endpoints.token)), [
      "invalid_grant",
      "invalid_request",
    ]);
    expect(rest.state).to.equal("s1");
  });

  it("incorrect-pkce-code-verifier-rejected", async () => {
    const begun = await push();
    isRefused(await redeem(await codeOf(begun), { ...begun, verifier: oidc.randomPKCECodeVerifier() }), ["invalid_grant"]);
  });

  it("par-plain-pkce-rejected", async () => {
    const verifier = oidc.randomPKCECodeVerifier();
    const plain = { code_challenge: verifier, code_challenge_method: "plain" };
    isRefused(await pushed(await parameters(verifier, plain)), ["invalid_request"]);
  });

  it("par-without-duplicate-parameters", async () => {
    const answer = await authorize(await push());
    expect(answer).to.include({ state: "s1", iss: guestpass.issuer });
    expect(answer["code"]).to.match(/^[\w-]{43}$/);
  });

  describe("an application with the profile", () => {
    const { admin } = { admin: (...args: Parameters<Guestpass["server"]["app"]["admin"]>) => guestpass.server.app.admin(...args) };
    const body = (change: object) => ({
      ...{ name: "Held", profile: "fapi2", redirect_uris: [redirectUri], jwks_uri: "https://bank.example/jwks" },
      ...change,
    });

    it("has what the profile asks for, set where it was not given", async () => {
      const { body: shown } = await admin("createApplication", { body: body({}) });
      expect(shown).to.deep.include({
        profile: "fapi2",
        token_endpoint_auth_method: "private_key_jwt",
        id_token_signed_response_alg: "ES256",
        require_pushed_authorization_requests: true,
        dpop_bound_access_tokens: true,
        has_secret: false,
      });
    });

    const conflicts: [change: object, names: RegExp][] = [
      [
        { token_endpoint_auth_method: "client_secret_basic" },
        /fapi2 needs token_endpoint_auth_method to be private_key_jwt, not client_secret_basic/,
      ],
      [{ token_endpoint_auth_method: "none" }, /fapi2 needs token_endpoint_auth_method/],
      [{ id_token_signed_response_alg: "RS256" }, /fapi2 needs id_token_signed_response_alg to be ES256, not RS256/],
      [{ require_pushed_authorization_requests: false }, /fapi2 needs require_pushed_authorization_requests to be true, not false/],
      [{ dpop_bound_access_tokens: false }, /fapi2 needs dpop_bound_access_tokens to be true, not false/],
      [{ pkce_optional: true }, /always requires PKCE: pkce_optional/],
      [{ administrator: true }, /administrator \(--administrator\) must be off/],
    ];
    for (const [change, names] of conflicts) {
      it(`is refused with ${JSON.stringify(change)}, by name, when it is registered and when it is changed`, async () => {
        const refusal = (asked: Promise<unknown>) => asked.then(() => "taken").catch((error: Error) => error.message);
        expect(await refusal(admin("createApplication", { body: body(change) }))).to.match(names);
        expect(await refusal(admin("updateApplication", { params: { client_id: "other-bank" }, body: change }))).to.match(names);
      });
    }

    it("keeps its settings when the profile is taken away, and can change them then", async () => {
      const made = await admin("createApplication", { body: body({ client_id: "freed" }) });
      expect(made.body["profile"]).to.equal("fapi2");
      const change = { profile: null, id_token_signed_response_alg: "RS256" };
      const { body: shown } = await admin("updateApplication", { params: { client_id: "freed" }, body: change });
      expect(shown).to.include({ profile: null, id_token_signed_response_alg: "RS256", dpop_bound_access_tokens: true });
    });
  });
});
