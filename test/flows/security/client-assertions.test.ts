// RFC 7523, 3 and RFC 8725: an application that authenticates with a key.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { forgeries } from "../../support/forged-tokens.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, post } from "../../support/protocol.ts";

const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

describe("a client assertion", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let privateKey: CryptoKey;
  let publicKey: JWK;
  let attacker: Server;
  const fetched: (string | undefined)[] = [];
  let made = 0;

  before(async () => {
    guestpass = await Guestpass.start();
    ({ application, privateKey, publicKey } = await registerWithKey("keyed"));
    attacker = createServer((request, response) => {
      fetched.push(request.url);
      response.end();
    }).listen(0, "127.0.0.1");
  });
  after(async () => {
    attacker.close();
    await guestpass.stop();
  });

  async function registerWithKey(clientId: string) {
    const pair = await generateKeyPair("ES256", { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: clientId, alg: "ES256", use: "sig" };
    const registered = await guestpass.register(clientId, {
      metadata: { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [jwk] } },
    });
    return { application: registered, privateKey: pair.privateKey, publicKey: jwk };
  }
  const now = () => Math.floor(Date.now() / 1000);
  const claims = (changes: JWTPayload = {}): JWTPayload => ({
    iss: "keyed",
    sub: "keyed",
    aud: guestpass.issuer,
    jti: `jti-${++made}`,
    iat: now(),
    exp: now() + 60,
    ...changes,
  });
  const sign = (payload: JWTPayload, key = privateKey) => new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: "keyed" }).sign(key);
  /** Introspection authenticates and changes nothing: what is asked about does not matter. */
  const present = (assertion: string, path = endpoints.introspection) =>
    post(guestpass, path, undefined, { token: "any", client_assertion_type: type, client_assertion: assertion });
  const isRefused = async (assertion: string, why: string) => {
    const { status, json } = await present(assertion);
    expect(status, why).to.be.oneOf([400, 401]);
    expect(json["error"], why).to.be.oneOf(["invalid_client", "invalid_request"]);
  };

  it("authenticates the application that signed it, for the issuer or the endpoint", async () => {
    for (const aud of [
      guestpass.issuer,
      [guestpass.issuer],
      ["https://other.example", guestpass.issuer],
      guestpass.issuer + endpoints.token,
      guestpass.issuer + endpoints.introspection,
    ]) {
      expect((await present(await sign(claims({ aud })))).status, String(aud)).to.equal(200);
    }
  });

  it("made a little ahead of time is accepted, and one from the future is invalid_client: clocks differ by seconds", async () => {
    expect((await present(await sign(claims({ iat: now() + 45 })))).status).to.equal(200);
    for (const ahead of [90, 3600]) {
      const { status, json } = await present(await sign(claims({ iat: now() + ahead, exp: now() + ahead + 60 })));
      expect([status, json["error"]], String(ahead)).to.deep.equal([401, "invalid_client"]);
    }
  });

  it("is refused in whatever way it was forged", async () => {
    const { port } = attacker.address() as AddressInfo;
    for (const [how, assertion] of Object.entries(await forgeries(claims(), { publicKey, attacker: `http://127.0.0.1:${port}` }))) {
      await isRefused(assertion, how);
    }
    expect(fetched, "keys that were fetched from the attacker").to.deep.equal([]);
  });

  it("is refused for another audience, another issuer, too late, too early, or without what makes it usable once", async () => {
    const wrong: Record<string, JWTPayload> = {
      "another audience": { aud: "https://other.example" },
      "an audience that begins alike": { aud: `${guestpass.issuer}.evil.example` },
      "an audience with a slash": { aud: `${guestpass.issuer}/` },
      "no audience": { aud: undefined } as unknown as JWTPayload,
      "an empty list of audiences": { aud: [] },
      "another issuer": { iss: "files" },
      "another subject": { sub: "files" },
      "no subject": { sub: undefined } as unknown as JWTPayload,
      expired: { exp: now() - 60 },
      "no expiry": { exp: undefined } as unknown as JWTPayload,
      "not valid yet": { nbf: now() + 600 },
      "no jti": { jti: undefined } as unknown as JWTPayload,
      "an empty jti": { jti: "" },
      "made more than a minute ahead": { iat: now() + 90 },
      "made at no time": { iat: "1" as unknown as number },
      "a list of audiences without the issuer": { aud: [guestpass.issuer + endpoints.introspection, "https://other.example"] },
      "an expiry that is no number": { exp: "4102444800" as unknown as number },
    };
    for (const [what, changes] of Object.entries(wrong)) await isRefused(await sign(claims(changes)), what);
  });

  it("is refused from another application's key, and for another application", async () => {
    const other = await registerWithKey("other-keyed");
    await isRefused(await sign(claims(), other.privateKey), "another's key");
    const assertion = await sign(claims());
    const fields = { token: "any", client_assertion_type: type, client_assertion: assertion, client_id: "other-keyed" };
    expect((await post(guestpass, endpoints.introspection, undefined, fields)).status).to.be.oneOf([400, 401]);
  });

  it("works once", async () => {
    const assertion = await sign(claims());
    expect((await present(assertion)).status).to.equal(200);
    await isRefused(assertion, "again");
    const { status } = await present(assertion, endpoints.revocation);
    expect(status, "at another endpoint").to.equal(401);
  });

  it("works once even when it comes many times at the same moment", async () => {
    for (let round = 0; round < 5; round++) {
      const assertion = await sign(claims());
      const replies = await Promise.all(Array.from({ length: 8 }, () => present(assertion)));
      expect(replies.filter(({ status }) => status === 200)).to.have.lengthOf(1);
    }
  });

  it("is the only authentication of an application that was registered with a key", async () => {
    for (const fields of [
      { client_id: "keyed" },
      { client_id: "keyed", client_secret: "" },
      { client_id: "keyed", client_secret: "undefined" },
    ]) {
      const { json } = await post(guestpass, endpoints.introspection, undefined, { token: "any", ...fields });
      expect(json["error"]).to.equal("invalid_client");
    }
    expect(application.secret).to.equal(undefined);
  });

  it("does not authenticate an application that was registered with a secret", async () => {
    const secret = await guestpass.register("secret");
    const payload = { ...claims(), iss: "secret", sub: "secret" };
    const mac = await new SignJWT(payload).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret.secret));
    const stored = await new SignJWT(payload)
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(String(secret.metadata.client_secret)));
    for (const assertion of [mac, stored, await sign(payload)]) await isRefused(assertion, "a MAC or another's key");
  });
});
