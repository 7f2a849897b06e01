// OWASP ASVS 10.4.5, 10.4.8; RFC 9700, 4.14.2: refresh tokens rotate, and the family of one that is used twice ends.
import { expect } from "chai";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, isActive, opens, post, type Reply, refresh, signedIn } from "../../support/protocol.ts";

describe("a refresh token", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_REFRESH_TOKEN_DAYS: "10", GUESTPASS_SESSION_DAYS: "30" });
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  afterEach(() => guestpass.clock.reset());

  const isInvalidGrant = ({ status, json }: Reply, why?: string) => {
    expect(json["error"], why).to.equal("invalid_grant");
    expect(status, why).to.equal(400);
  };
  const tokenOf = ({ json }: Reply) => json["refresh_token"] as string;

  it("is replaced at every use, and the next one works", async () => {
    let { refreshToken } = await signedIn(guestpass, application);
    const seen = new Set([refreshToken]);
    for (let round = 0; round < 3; round++) {
      const reply = await refresh(guestpass, application, refreshToken);
      expect(reply.status).to.equal(200);
      refreshToken = tokenOf(reply);
      seen.add(refreshToken);
    }
    expect(seen).to.have.lengthOf(4);
  });

  it("that is used twice ends the whole family, and the access tokens with it", async () => {
    const { refreshToken, accessToken } = await signedIn(guestpass, application);
    const second = await refresh(guestpass, application, refreshToken);
    const third = await refresh(guestpass, application, tokenOf(second));
    isInvalidGrant(await refresh(guestpass, application, refreshToken), "the first one again");
    isInvalidGrant(await refresh(guestpass, application, tokenOf(third)), "the newest one");
    for (const token of [accessToken, second.json["access_token"], third.json["access_token"]]) {
      expect(await opens(guestpass, token)).to.equal(false);
      expect(await isActive(guestpass, application, token)).to.equal(false);
    }
  });

  it("that is used many times at the same moment leaves nothing that works", async () => {
    for (let round = 0; round < 5; round++) {
      const { refreshToken, accessToken } = await signedIn(guestpass, application);
      const replies = await Promise.all(Array.from({ length: 6 }, () => refresh(guestpass, application, refreshToken)));
      const given = replies.filter(({ status }) => status === 200);
      expect(given.length).to.be.at.most(1);
      for (const reply of given) {
        isInvalidGrant(await refresh(guestpass, application, tokenOf(reply)));
        expect(await opens(guestpass, reply.json["access_token"])).to.equal(false);
      }
      expect(await opens(guestpass, accessToken)).to.equal(false);
    }
  });

  it("ends when the first of its family would have, however often it was used", async () => {
    let { refreshToken } = await signedIn(guestpass, application);
    for (let day = 0; day < 9; day += 3) {
      guestpass.clock.advance({ days: 3 });
      const reply = await refresh(guestpass, application, refreshToken);
      expect(reply.status, `day ${day}`).to.equal(200);
      refreshToken = tokenOf(reply);
    }
    guestpass.clock.advance({ days: 1, seconds: 1 });
    isInvalidGrant(await refresh(guestpass, application, refreshToken));
  });

  it("works for no other application, and still does for its own", async () => {
    const other = await guestpass.register("other");
    const open = await guestpass.register("public", { metadata: { token_endpoint_auth_method: "none" } });
    const { refreshToken } = await signedIn(guestpass, application);
    isInvalidGrant(await refresh(guestpass, other, refreshToken));
    isInvalidGrant(await refresh(guestpass, open, refreshToken));
    const fields = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: application.clientId };
    expect((await post(guestpass, endpoints.token, undefined, fields)).json["error"]).to.equal("invalid_client");
    expect((await refresh(guestpass, application, refreshToken)).status).to.equal(200);
  });

  it("gives no more than was agreed to", async () => {
    const { refreshToken } = await signedIn(guestpass, application, { params: { scope: "openid" } });
    const fields = { grant_type: "refresh_token", refresh_token: refreshToken, scope: "openid email profile" };
    expect((await post(guestpass, endpoints.token, application, fields)).json["error"]).to.equal("invalid_scope");
  });

  it("ends with the sign-out of the guest", async () => {
    const { browser, refreshToken, accessToken, idToken } = await signedIn(guestpass, application);
    const asked = await browser.open(`${guestpass.issuer}${endpoints.endSession}?id_token_hint=${idToken}`);
    await browser.submit(asked, "/session/end/confirm", { logout: "yes" });
    isInvalidGrant(await refresh(guestpass, application, refreshToken));
    expect(await opens(guestpass, accessToken)).to.equal(false);
  });
});
