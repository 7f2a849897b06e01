// RFC 6749, section 2.3; OpenID Connect Core 1.0, section 9; RFC 7523.
import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import * as oidc from "openid-client";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("an application authenticates itself", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  async function signIn(application: RegisteredApplication, config?: oidc.Configuration) {
    const request = await guestpass.authorizationRequest(application);
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    return guestpass.redeem(config ? { ...request, config } : request, answer);
  }

  /** @returns status, error and challenge of a token request that carries nothing but the authentication */
  async function tryToken({ headers = {}, body = {} }: { headers?: Record<string, string>; body?: Record<string, string> }) {
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: "none", ...body });
    const answer = await fetch(`${guestpass.issuer}/token`, { method: "POST", headers, body: form });
    const { error } = (await answer.json()) as { error: string };
    return { status: answer.status, error, challenge: answer.headers.get("www-authenticate") };
  }

  const basic = (id: string, secret: string | undefined) => ({
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` },
  });
  const inBody = (id: string, secret: string | undefined) => ({ body: { client_id: id, client_secret: String(secret) } });

  for (const method of ["client_secret_basic", "client_secret_post"]) {
    it(`with its secret, in the header as well as in the form (${method})`, async () => {
      const application = await guestpass.register(method, { metadata: { token_endpoint_auth_method: method } });
      expect((await signIn(application)).access_token).to.be.a("string");
      for (const way of [basic, inBody]) {
        expect(await tryToken(way(method, application.secret))).to.include({ status: 400, error: "invalid_grant" });
      }
    });
  }

  it("and is refused with a wrong secret, none, an unknown name, or two ways at once", async () => {
    const { secret } = await guestpass.register("strict");
    const wrong = await tryToken(basic("strict", `${secret}x`));
    expect(wrong).to.include({ status: 401, error: "invalid_client" });
    expect(wrong.challenge).to.match(/^Basic /);
    for (const attempt of [inBody("strict", "x"), basic("nobody", secret), { body: { client_id: "strict" } }]) {
      expect(await tryToken(attempt)).to.include({ status: 401, error: "invalid_client" });
    }
    for (const attempt of [basic("strict", ""), { ...basic("strict", secret), ...inBody("strict", secret) }, {}]) {
      expect(await tryToken(attempt)).to.include({ status: 400, error: "invalid_request" });
    }
  });

  it("is asked for at introspection, with 401, where there is none at all, or none that can be read (RFC 7662, 2.3)", async () => {
    for (const [body, authorization] of [
      ["token=abc"],
      [""],
      ["token=abc", "Basic "],
      ["token=abc", "Basic Og=="],
      ["token=abc", "Bearer abc"],
      ["token=abc", "Digest abc"],
      ["client_assertion=abc&token=abc"],
    ] as const) {
      const response = await fetch(`${guestpass.issuer}/token/introspection`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", ...(authorization === undefined ? {} : { authorization }) },
        body,
      });
      expect(response.status, `${body} ${authorization}`).to.equal(401);
      expect(response.headers.get("www-authenticate")).to.match(/^Basic/);
      expect(await response.json()).to.include({ error: "invalid_client" });
    }
  });

  it("without anything where it is public", async () => {
    const application = await guestpass.register("public", { metadata: { token_endpoint_auth_method: "none" } });
    const tokens = await signIn(application);
    const config = await guestpass.client(application);
    expect((await oidc.refreshTokenGrant(config, tokens.refresh_token as string)).claims()?.sub).to.equal(tokens.claims()?.sub);
  });

  for (const alg of ["ES256", "RS256", "PS256", "EdDSA"]) {
    it(`with a signed assertion (private_key_jwt, ${alg})`, async () => {
      const { publicKey, privateKey } = await generateKeyPair(alg);
      const application = await guestpass.register(`key-${alg}`, {
        metadata: {
          token_endpoint_auth_method: "private_key_jwt",
          token_endpoint_auth_signing_alg: alg,
          jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg, use: "sig" }] },
        },
      });
      const assertion = (audience: string, subject = application.clientId) =>
        new SignJWT({ jti: randomUUID() })
          .setProtectedHeader({ alg, kid: "one" })
          .setIssuer(subject)
          .setSubject(subject)
          .setAudience(audience)
          .setIssuedAt()
          .setExpirationTime("1m")
          .sign(privateKey);
      const present = (jwt: string) =>
        tryToken({
          body: {
            client_id: application.clientId,
            client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            client_assertion: jwt,
          },
        });
      const first = await assertion(guestpass.issuer);
      expect(await present(first)).to.include({ error: "invalid_grant" });
      expect(await present(first), "a replay").to.include({ error: "invalid_client" });
      expect(await present(await assertion("https://elsewhere.example"))).to.include({ error: "invalid_client" });
      expect((await present(await assertion(guestpass.issuer, "somebody-else"))).error).to.equal("invalid_request");
      expect(await tryToken(inBody(application.clientId, "a secret")), "a secret").to.include({ error: "invalid_client" });
    });
  }

  it("with a signed assertion made by openid-client", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const application = await guestpass.register("keyed", {
      metadata: { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: "one" }] } },
    });
    const authentication = oidc.PrivateKeyJwt({ key: privateKey, kid: "one" });
    const options = { execute: [oidc.allowInsecureRequests] };
    const config = await oidc.discovery(new URL(guestpass.issuer), "keyed", {}, authentication, options);
    const tokens = await signIn(application, config);
    expect((await oidc.refreshTokenGrant(config, tokens.refresh_token as string)).claims()?.sub).to.equal(tokens.claims()?.sub);
  });
});
