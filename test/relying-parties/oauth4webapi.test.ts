import { expect } from "chai";
import * as oauth from "oauth4webapi";
import { Guestpass, redirectUri } from "../support/guestpass.ts";

// Guestpass of the tests is on http; a real application leaves this out.
const insecure = { [oauth.allowInsecureRequests]: true };

describe("oauth4webapi as a relying party", () => {
  let guestpass: Guestpass;
  let as: oauth.AuthorizationServer;
  const client: oauth.Client = { client_id: "files" };
  let authentication: oauth.ClientAuth;

  before(async () => {
    guestpass = await Guestpass.start();
    const { secret } = await guestpass.register("files");
    authentication = oauth.ClientSecretBasic(secret as string);
    const issuer = new URL(guestpass.issuer);
    as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  });
  after(() => guestpass.stop());

  it("signs a guest in, reads userinfo, refreshes, introspects and revokes", async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const url = new URL(as.authorization_endpoint as string);
    url.search = String(
      new URLSearchParams({
        client_id: client.client_id,
        redirect_uri: redirectUri,
        response_type: "code",
        scope: "openid email",
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
      }),
    );
    const answer = await guestpass.signIn(guestpass.browser(), { url: url.href }, "ada@example.com");

    const params = oauth.validateAuthResponse(as, client, new URL(answer.location), state);
    const response = await oauth.authorizationCodeGrantRequest(as, client, authentication, params, redirectUri, verifier, insecure);
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true });
    await oauth.validateApplicationLevelSignature(as, response, insecure);
    const { sub } = oauth.getValidatedIdTokenClaims(tokens) as oauth.IDToken;

    const asked = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
    expect(await oauth.processUserInfoResponse(as, client, sub, asked)).to.include({ sub, email: "ada@example.com", email_verified: true });

    const renewing = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token as string, insecure);
    const renewed = await oauth.processRefreshTokenResponse(as, client, renewing);
    expect(oauth.getValidatedIdTokenClaims(renewed)?.sub).to.equal(sub);

    const introspect = async () => {
      const request = await oauth.introspectionRequest(as, client, authentication, renewed.access_token, insecure);
      return oauth.processIntrospectionResponse(as, client, request);
    };
    expect(await introspect()).to.include({ active: true, sub });
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, renewed.access_token, insecure));
    expect(await introspect()).to.deep.equal({ active: false });
  });
});
