// RFC 7636; RFC 9700, section 2.1.1: PKCE for every application, unless a confidential one is registered without it.
import { expect } from "chai";
import * as oidc from "openid-client";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";

describe("PKCE", () => {
  let guestpass: Guestpass;
  let strict: RegisteredApplication;
  let optional: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    strict = await guestpass.register("strict");
    optional = await guestpass.register("optional", { pkceOptional: true });
  });
  after(() => guestpass.stop());

  /** A request without the named parameters, or with others in their place. */
  async function changed(application: RegisteredApplication, changes: Record<string, string | undefined>): Promise<AuthorizationRequest> {
    const request = await guestpass.authorizationRequest(application);
    const url = new URL(request.url);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return { ...request, url: url.href };
  }

  const bare = { code_challenge: undefined, code_challenge_method: undefined };
  const signIn = (request: AuthorizationRequest) => guestpass.signIn(guestpass.browser(), request, "ada@example.com");

  /** Redeems by hand, with the verifier given. @returns "tokens", or the error */
  async function redeem(request: AuthorizationRequest, code: string | undefined, verifier?: string): Promise<string> {
    const body = { code: code as string, redirect_uri: redirectUri, ...(verifier === undefined ? {} : { code_verifier: verifier }) };
    return oidc.genericGrantRequest(request.config, "authorization_code", body).then(
      () => "tokens",
      (error: oidc.ResponseBodyError) => error.error,
    );
  }

  it("is required of every application that is not registered without it", async () => {
    const request = await changed(strict, bare);
    const answer = await guestpass.browser().open(request.url);
    expect(answer.query).to.include({ error: "invalid_request", state: request.state, iss: guestpass.issuer });
  });

  it("is S256 alone: plain and a missing method are refused, for every application", async () => {
    for (const application of [strict, optional]) {
      for (const method of ["plain", undefined]) {
        const request = await changed(application, { code_challenge_method: method });
        expect((await guestpass.browser().open(request.url)).query).to.include({ error: "invalid_request" });
      }
    }
  });

  it("binds the code: no verifier, another one and the challenge itself get nothing", async () => {
    for (const verifier of [undefined, oidc.randomPKCECodeVerifier(), "challenge"]) {
      const request = await guestpass.authorizationRequest(strict);
      const presented = verifier === "challenge" ? await oidc.calculatePKCECodeChallenge(request.verifier) : verifier;
      expect(await redeem(request, (await signIn(request)).query["code"], presented)).to.equal("invalid_grant");
    }
  });

  it("may be left out by a confidential application that is registered so, without a nonce too", async () => {
    const request = await changed(optional, { ...bare, nonce: undefined });
    expect(await redeem(request, (await signIn(request)).query["code"])).to.equal("tokens");
  });

  it("still binds the code where that application uses it", async () => {
    const request = await guestpass.authorizationRequest(optional);
    expect(await redeem(request, (await signIn(request)).query["code"])).to.equal("invalid_grant");
  });

  it("cannot be slipped in at the token endpoint: a verifier without a challenge is refused (RFC 9700, 4.8.2)", async () => {
    const request = await changed(optional, bare);
    expect(await redeem(request, (await signIn(request)).query["code"], request.verifier)).to.equal("invalid_grant");
  });

  it("cannot be optional for a public application", async () => {
    const registering = guestpass.register("public", { pkceOptional: true, metadata: { token_endpoint_auth_method: "none" } });
    expect(await registering.catch((error: Error) => error.message)).to.match(/public client always needs it/);
  });
});
