// OpenID Connect Discovery 1.0; RFC 8414; RFC 7517.
import { expect } from "chai";
import type { JWK } from "jose";
import * as oidc from "openid-client";
import { Guestpass } from "../../support/guestpass.ts";
import { throughProxy } from "../../support/tls-proxy.ts";

type Metadata = Record<string, unknown>;

describe("discovery", () => {
  let guestpass: Guestpass;
  let metadata: Metadata;
  const get = async (path: string) => (await fetch(guestpass.issuer + path)).json();

  before(async () => {
    guestpass = await Guestpass.start();
    metadata = (await get("/.well-known/openid-configuration")) as Metadata;
  });
  after(() => guestpass.stop());

  const endpoints = (of: Metadata) =>
    Object.entries(of).filter(([name]) => name.endsWith("_endpoint") || name === "jwks_uri") as [string, string][];

  it("names exactly the issuer, and endpoints below it", () => {
    expect(metadata["issuer"]).to.equal(guestpass.issuer);
    const required = ["authorization", "token", "userinfo", "introspection", "revocation", "end_session", "pushed_authorization_request"];
    expect(metadata).to.include.keys(required.map((name) => `${name}_endpoint`));
    for (const [name, url] of endpoints(metadata)) expect(url, name).to.match(new RegExp(`^${guestpass.issuer}/`));
  });

  it("names https endpoints where the issuer is https, whatever port Guestpass itself listens on", async () => {
    const issuer = "https://idp.example";
    const proxied = await Guestpass.start({ GUESTPASS_ISSUER: issuer, GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" });
    try {
      const through = throughProxy(issuer, proxied.issuer);
      const published = (await (await through(`${issuer}/.well-known/openid-configuration`)).json()) as Metadata;
      expect(published["issuer"]).to.equal(issuer);
      for (const [name, url] of endpoints(published)) expect(url, name).to.match(/^https:\/\/idp\.example\//);
    } finally {
      await proxied.stop();
    }
  });

  it("tells what is on and what is off", () => {
    expect(metadata["response_types_supported"]).to.deep.equal(["code"]);
    expect(metadata["grant_types_supported"]).to.have.members(["authorization_code", "refresh_token", "client_credentials"]);
    expect(metadata["code_challenge_methods_supported"]).to.deep.equal(["S256"]);
    expect(metadata["id_token_signing_alg_values_supported"]).to.have.members(["RS256", "ES256"]);
    expect(metadata["subject_types_supported"]).to.deep.equal(["public"]);
    expect(metadata["scopes_supported"]).to.have.members(["openid", "offline_access", "email", "profile", "invitations"]);
    expect(metadata["acr_values_supported"]).to.deep.equal(["urn:guestpass:acr:mailbox", "phr", "urn:guestpass:acr:upstream"]);
    expect(metadata["token_endpoint_auth_methods_supported"]).to.have.members([
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
      "none",
    ]);
    expect(metadata).not.to.have.any.keys("registration_endpoint", "device_authorization_endpoint");
  });

  it("writes flags as booleans, and says that request and request_uri are not supported", () => {
    const flags = Object.entries(metadata).filter(([name]) => /(_parameter|_logout|_session)_supported$/.test(name));
    expect(flags).to.have.length.greaterThan(2);
    for (const [name, flag] of flags) expect(flag, name).to.be.a("boolean");
    expect(metadata["backchannel_logout_supported"]).to.equal(true);
    expect(metadata["backchannel_logout_session_supported"]).to.equal(true);
    expect(metadata["claims_parameter_supported"]).to.equal(true);
    expect(metadata["authorization_response_iss_parameter_supported"]).to.equal(true);
    expect(metadata["request_uri_parameter_supported"]).to.equal(false);
    expect(metadata["request_parameter_supported"]).not.to.equal(true);
  });

  it("publishes public signing keys only, each under a kid of its own", async () => {
    const { keys } = (await get("/jwks")) as { keys: JWK[] };
    expect(keys.map(({ alg }) => alg)).to.have.members(["RS256", "ES256"]);
    expect(new Set(keys.map(({ kid }) => kid)).size).to.equal(keys.length);
    for (const key of keys) {
      expect(key.use).to.equal("sig");
      expect(key).not.to.have.any.keys("d", "p", "q", "dp", "dq", "qi", "k");
    }
  });

  it("can be read by a page of any origin, as browser applications do", async () => {
    for (const path of ["/.well-known/openid-configuration", "/jwks"]) {
      const answer = await fetch(guestpass.issuer + path, { headers: { origin: "https://spa.example" } });
      expect(answer.headers.get("access-control-allow-origin"), path).to.equal("https://spa.example");
    }
  });

  it("announces no claim that is never given", async () => {
    await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace", givenName: "Ada", familyName: "Lovelace", locale: "en" });
    const announced = metadata["claims_supported"] as string[];
    const every = Object.fromEntries(announced.map((name) => [name, null]));
    const request = await guestpass.authorizationRequest(await guestpass.register("curious"), {
      claims: JSON.stringify({ id_token: every, userinfo: every }),
    });
    const tokens = await guestpass.redeem(request, await guestpass.signIn(guestpass.browser(), request, "ada@example.com"));
    const claims = tokens.claims() as oidc.IDToken;
    const userinfo = await oidc.fetchUserInfo(request.config, tokens.access_token, claims.sub);
    expect({ ...claims, ...userinfo }).to.include.keys(announced);
  });
});
