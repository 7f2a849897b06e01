// RFC 7009: an application gives up a token.
import { expect } from "chai";
import * as oidc from "openid-client";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("revocation", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let config: oidc.Configuration;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files", { metadata: { token_endpoint_auth_method: "none" } });
    config = await guestpass.client(application);
  });
  after(() => guestpass.stop());

  async function signIn() {
    const request = await guestpass.authorizationRequest(application);
    return guestpass.redeem(request, await guestpass.signIn(guestpass.browser(), request, "ada@example.com"));
  }

  const userinfo = async (token: string) =>
    (await fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${token}` } })).status;

  it("answers with nothing, for a token and for what is none", async () => {
    const { access_token: token } = await signIn();
    for (const presented of [token, token, "nonsense"]) {
      const body = new URLSearchParams({ token: presented, client_id: "files" });
      const answer = await fetch(`${guestpass.issuer}/token/revocation`, { method: "POST", body });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get("content-type")).to.equal(null);
      expect(await answer.text()).to.equal("");
    }
    expect(await userinfo(token)).to.equal(401);
  });

  it("of a refresh token ends what came of the same sign-in", async () => {
    const tokens = await signIn();
    await oidc.tokenRevocation(config, tokens.refresh_token as string);
    expect(await userinfo(tokens.access_token)).to.equal(401);
    const refreshing = oidc.refreshTokenGrant(config, tokens.refresh_token as string);
    expect(await refreshing.catch((error: oidc.ResponseBodyError) => error.error)).to.equal("invalid_grant");
  });

  it("of an access token ends the refresh token of the same sign-in, and nothing of the same guest in another browser", async () => {
    const elsewhere = await signIn();
    const tokens = await signIn();
    await oidc.tokenRevocation(config, tokens.access_token);
    const refreshing = oidc.refreshTokenGrant(config, tokens.refresh_token as string);
    expect(await refreshing.catch((error: oidc.ResponseBodyError) => error.error)).to.equal("invalid_grant");
    expect(await userinfo(elsewhere.access_token)).to.equal(200);
    expect((await oidc.refreshTokenGrant(config, elsewhere.refresh_token as string)).token_type).to.equal("bearer");
  });

  it("is for the token's own application alone", async () => {
    const other = await guestpass.client(await guestpass.register("other"));
    const { access_token: token } = await signIn();
    await oidc.tokenRevocation(other, token);
    expect(await userinfo(token)).to.equal(200);
  });
});
