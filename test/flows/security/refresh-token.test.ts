// OWASP ASVS 10.4.5, 10.4.8; RFC 9700, 2.2.2 and 4.14.2: a public client's refresh tokens rotate, and the family of one that is used again
// after the grace ends. A confidential client's stay the same.
import { expect } from "chai";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, opens, post, type Reply, refresh, signedIn } from "../../support/protocol.ts";

describe("a refresh token", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let open: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_REFRESH_TOKEN_DAYS: "10", GUESTPASS_SESSION_DAYS: "30" });
    application = await guestpass.register("files");
    open = await guestpass.register("public", { metadata: { token_endpoint_auth_method: "none" } });
  });
  after(() => guestpass.stop());
  afterEach(() => guestpass.clock.reset());

  const isInvalidGrant = ({ status, json }: Reply, why?: string) => {
    expect(json["error"], why).to.equal("invalid_grant");
    expect(status, why).to.equal(400);
  };
  /** @returns the refresh tokens that were given */
  const allAreServed = async (client: RegisteredApplication, requests: number): Promise<string[]> => {
    const { refreshToken, accessToken } = await signedIn(guestpass, client);
    const replies = await Promise.all(Array.from({ length: requests }, () => refresh(guestpass, client, refreshToken)));
    expect(replies.map(({ status }) => status)).to.deep.equal(Array(requests).fill(200));
    expect(await opens(guestpass, accessToken)).to.equal(true);
    for (const reply of replies) {
      expect(await opens(guestpass, reply.json["access_token"])).to.equal(true);
      expect((await refresh(guestpass, client, tokenOf(reply))).status).to.equal(200);
    }
    return replies.map(tokenOf);
  };
  const tokenOf = ({ json }: Reply) => json["refresh_token"] as string;

  it("of a public client is replaced at every use, and the next one works", async () => {
    let { refreshToken } = await signedIn(guestpass, open);
    const seen = new Set([refreshToken]);
    for (let round = 0; round < 3; round++) {
      const reply = await refresh(guestpass, open, refreshToken);
      expect(reply.status).to.equal(200);
      refreshToken = tokenOf(reply);
      seen.add(refreshToken);
    }
    expect(seen).to.have.lengthOf(4);
  });

  it("of a public client that is used again after the grace period ends the whole family, and the access tokens with it", async () => {
    const { refreshToken, accessToken } = await signedIn(guestpass, open);
    const second = await refresh(guestpass, open, refreshToken);
    const third = await refresh(guestpass, open, tokenOf(second));
    guestpass.clock.advance({ seconds: 11 });
    isInvalidGrant(await refresh(guestpass, open, refreshToken), "the first one again");
    isInvalidGrant(await refresh(guestpass, open, tokenOf(third)), "the newest one");
    for (const token of [accessToken, second.json["access_token"], third.json["access_token"]])
      expect(await opens(guestpass, token)).to.equal(false);
  });

  it("of a public client gives another successor within the grace period, which the first use begins and no later one prolongs", async () => {
    const { refreshToken } = await signedIn(guestpass, open);
    const successors = [];
    for (const seconds of [0, 6, 3]) {
      guestpass.clock.advance({ seconds });
      successors.push(await refresh(guestpass, open, refreshToken));
    }
    expect(successors.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    expect(new Set(successors.map(tokenOf))).to.have.lengthOf(3);
    for (const reply of successors) {
      expect(await opens(guestpass, reply.json["access_token"])).to.equal(true);
      expect((await refresh(guestpass, open, tokenOf(reply))).status).to.equal(200);
    }
    guestpass.clock.advance({ seconds: 2 });
    isInvalidGrant(await refresh(guestpass, open, refreshToken), "11 seconds after its first use");
  });

  it("of a public client serves all requests of the same moment, each with tokens that work", async () => {
    for (let round = 0; round < 3; round++) await allAreServed(open, 6);
  });

  it("of a confidential application stays the same, and serves all requests of the same moment", async () => {
    for (let round = 0; round < 3; round++) {
      const tokens = await allAreServed(application, 6);
      expect(new Set(tokens)).to.have.lengthOf(1);
    }
  });

  it("of a confidential application works for as long as it lives", async () => {
    const { refreshToken } = await signedIn(guestpass, application);
    for (const hours of [0, 1, 200]) {
      guestpass.clock.advance({ hours });
      const reply = await refresh(guestpass, application, refreshToken);
      expect(reply.status).to.equal(200);
      expect(tokenOf(reply)).to.equal(refreshToken);
    }
    guestpass.clock.advance({ hours: 40 });
    isInvalidGrant(await refresh(guestpass, application, refreshToken), "after 10 days");
  });

  for (const [whose, applicationOf] of Object.entries({ "a public client": () => open, "a confidential application": () => application })) {
    it(`of ${whose} is not used up by a request that is refused`, async () => {
      const { refreshToken, accessToken } = await signedIn(guestpass, applicationOf());
      const refusals = { invalid_target: { resource: "https://api.example" }, invalid_scope: { scope: "openid admin" } };
      for (const [error, fields] of Object.entries(refusals)) {
        for (let time = 0; time < 2; time++) {
          const all = { grant_type: "refresh_token", refresh_token: refreshToken, ...fields };
          expect((await post(guestpass, endpoints.token, applicationOf(), all)).json["error"]).to.equal(error);
          guestpass.clock.advance({ seconds: 30 });
        }
      }
      expect(await opens(guestpass, accessToken)).to.equal(true);
      expect((await refresh(guestpass, applicationOf(), refreshToken)).status).to.equal(200);
    });
  }

  it("of a public client that is bound to a resource is not used up where the resource is taken away, or several are asked for", async () => {
    const resources = { "https://one.example": { scope: "read" }, "https://two.example": { scope: "read" } };
    const metadata = { token_endpoint_auth_method: "none", guestpass_resources: resources };
    const client = await guestpass.register("resources", { metadata });
    const { refreshToken } = await signedIn(guestpass, client, { params: { scope: "openid read", resource: "https://one.example" } });
    for (const resource of ["https://two.example", "https://three.example"]) {
      const fields = { grant_type: "refresh_token", refresh_token: refreshToken, resource };
      expect((await post(guestpass, endpoints.token, client, fields)).json["error"], resource).to.equal("invalid_target");
      guestpass.clock.advance({ seconds: 30 });
    }
    expect((await refresh(guestpass, client, refreshToken)).status).to.equal(200);
  });

  it("ends when the first of its family would have, however often it was used", async () => {
    let { refreshToken } = await signedIn(guestpass, open);
    for (let day = 0; day < 9; day += 3) {
      guestpass.clock.advance({ days: 3 });
      const reply = await refresh(guestpass, open, refreshToken);
      expect(reply.status, `day ${day}`).to.equal(200);
      refreshToken = tokenOf(reply);
    }
    guestpass.clock.advance({ days: 1, seconds: 1 });
    isInvalidGrant(await refresh(guestpass, open, refreshToken));
  });

  it("works for no other application, and still does for its own", async () => {
    const other = await guestpass.register("other");
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
