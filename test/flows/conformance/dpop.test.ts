// RFC 9449: tokens that only the holder of a key can use.
import { expect } from "chai";
import * as oidc from "openid-client";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("tokens bound to a key with DPoP", () => {
  let guestpass: Guestpass;
  let confidential: RegisteredApplication;
  let publicApplication: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    confidential = await guestpass.register("confidential");
    publicApplication = await guestpass.register("public", { metadata: { token_endpoint_auth_method: "none" } });
  });
  after(() => guestpass.stop());

  async function signIn(application: RegisteredApplication, params: Record<string, string> = {}) {
    const request = await guestpass.authorizationRequest(application, params);
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    const { config } = request;
    const keyPair = await oidc.randomDPoPKeyPair("ES256");
    const DPoP = oidc.getDPoPHandle(config, keyPair);
    const checks = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce as string };
    const redeem = (options: oidc.DPoPOptions = { DPoP }) =>
      oidc.authorizationCodeGrant(config, new URL(answer.location), checks, undefined, options);
    return { config, DPoP, redeem };
  }

  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      () => "fine",
      (error: { error?: string; cause?: { error?: string }[] }) => error.error ?? error.cause?.[0]?.error ?? String(error),
    );

  it("work at userinfo with a proof, and are said to be DPoP tokens", async () => {
    const { config, DPoP, redeem } = await signIn(confidential);
    const tokens = await redeem();
    expect(tokens.token_type).to.equal("dpop");
    const sub = tokens.claims()?.sub as string;
    const claims = await oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
    expect(claims.email).to.equal("ada@example.com");
    expect(await oidc.tokenIntrospection(config, tokens.access_token)).to.include({ active: true, token_type: "DPoP" });
  });

  it("do not work as bearer tokens, nor with another key", async () => {
    const { config, redeem } = await signIn(confidential);
    const tokens = await redeem();
    const bearer = await fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(bearer.status).to.equal(401);
    expect(bearer.headers.get("www-authenticate")).to.match(/DPoP/);
    const thief = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256"));
    const sub = tokens.claims()?.sub as string;
    expect(await outcome(oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP: thief }))).not.to.equal("fine");
  });

  it("of a public application are refreshed by the same key alone", async () => {
    const { config, DPoP, redeem } = await signIn(publicApplication);
    const { refresh_token: refreshToken } = await redeem();
    const thief = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256"));
    const refresh = (options?: oidc.DPoPOptions) => oidc.refreshTokenGrant(config, refreshToken as string, undefined, options);
    expect(await outcome(refresh({ DPoP: thief }))).to.equal("invalid_grant");
    expect(await outcome(refresh())).to.equal("invalid_grant");
    expect((await refresh({ DPoP })).token_type).to.equal("dpop");
  });

  it("are bound from the authorization request on with dpop_jkt", async () => {
    const other = await oidc.randomDPoPKeyPair("ES256");
    const config = await guestpass.client(confidential);
    const jkt = await oidc.getDPoPHandle(config, other).calculateThumbprint();
    const { redeem } = await signIn(confidential, { dpop_jkt: jkt });
    expect(await outcome(redeem())).to.equal("invalid_grant");
  });
});
