// OWASP ASVS 10.4.6; RFC 7636; RFC 9700, 2.1.1 and 4.8 (downgrade).
import { expect } from "chai";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { codeFor, endpoints, post, redeem } from "../../support/protocol.ts";

describe("PKCE", () => {
  let guestpass: Guestpass;
  let confidential: RegisteredApplication;
  let open: RegisteredApplication;
  let optional: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    confidential = await guestpass.register("confidential");
    open = await guestpass.register("open", { metadata: { token_endpoint_auth_method: "none" } });
    optional = await guestpass.register("optional", { pkceOptional: true });
  });
  after(() => guestpass.stop());

  /** The authorization request with some parameters changed, or taken out where they are undefined. */
  async function ask(application: RegisteredApplication, changes: Record<string, string | undefined>) {
    const request = await guestpass.authorizationRequest(application);
    const url = new URL(request.url);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return { ...request, url: url.href };
  }
  const none = { code_challenge: undefined, code_challenge_method: undefined };

  it("is required of every application, confidential or not", async () => {
    for (const application of [confidential, open]) {
      for (const changes of [none, { code_challenge: "", code_challenge_method: "" }]) {
        const answer = await guestpass.browser().request((await ask(application, changes)).url);
        expect(answer.query["error"], application.clientId).to.equal("invalid_request");
        expect(answer.query["error_description"]).to.contain("PKCE");
        expect(answer.query).not.to.have.property("code");
      }
    }
  });

  it("is S256 and nothing weaker, even where it is optional", async () => {
    for (const application of [confidential, open, optional]) {
      for (const method of ["plain", "", undefined, "s256", "S512", "none"]) {
        const answer = await guestpass.browser().request((await ask(application, { code_challenge_method: method })).url);
        expect(answer.query["error"], `${application.clientId} ${method}`).to.equal("invalid_request");
      }
      const withoutChallenge = await ask(application, { code_challenge: undefined });
      expect((await guestpass.browser().request(withoutChallenge.url)).query["error"]).to.equal("invalid_request");
      for (const challenge of ["short", "A".repeat(129), `${"A".repeat(42)}!`]) {
        const answer = await guestpass.browser().request((await ask(application, { code_challenge: challenge })).url);
        expect(answer.query["error"], challenge).to.equal("invalid_request");
      }
    }
  });

  it("is required of pushed requests too", async () => {
    const fields = { response_type: "code", scope: "openid", redirect_uri: "https://app.example/callback" };
    const { status, json } = await post(guestpass, endpoints.pushed, confidential, fields);
    expect(status).to.equal(400);
    expect(json["error_description"]).to.contain("PKCE");
  });

  it("binds the code: without the right verifier it is worth nothing", async () => {
    for (const application of [confidential, open, optional]) {
      const signIn = await codeFor(guestpass, application);
      const challenge = new URL(signIn.request.url).searchParams.get("code_challenge") as string;
      for (const verifier of [
        "",
        "A".repeat(43),
        challenge,
        `${signIn.request.verifier}A`,
        signIn.request.verifier.toLowerCase(),
        "short",
      ]) {
        const { status, json } = await redeem(guestpass, application, signIn, { code_verifier: verifier });
        expect(status, verifier).to.equal(400);
        expect(json["error"], verifier).to.be.oneOf(["invalid_grant", "invalid_request"]);
      }
      expect((await redeem(guestpass, application, signIn)).status).to.equal(200);
    }
  });

  it("cannot be taken out on the way: a verifier for a request that had no challenge is refused", async () => {
    const request = await ask(optional, none);
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    const code = answer.query["code"] as string;
    const downgraded = await redeem(guestpass, optional, { code, request });
    expect(downgraded.json["error"]).to.equal("invalid_grant");
    const fields = { grant_type: "authorization_code", code, redirect_uri: "https://app.example/callback" };
    expect((await post(guestpass, endpoints.token, optional, fields)).status).to.equal(200);
  });

  it("is never optional for an application that cannot keep a secret", async () => {
    const refused = await guestpass
      .register("public-optional", { pkceOptional: true, metadata: { token_endpoint_auth_method: "none" } })
      .catch((error: Error) => error.message);
    expect(refused).to.match(/a public client always needs it/);
  });
});
