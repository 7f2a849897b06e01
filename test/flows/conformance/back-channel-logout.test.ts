// OpenID Connect Back-Channel Logout 1.0, sections 2.3 to 2.5.
import { expect } from "chai";
import { createRemoteJWKSet, jwtVerify } from "jose";
import type * as oidc from "openid-client";
import type { Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { RelyingServer } from "../../support/relying-server.ts";

describe("when a guest signs out at one application", () => {
  let guestpass: Guestpass;
  let browser: Browser;
  const algorithms = ["RS256", "ES256"] as const;
  const servers = algorithms.map(() => new RelyingServer());
  let applications: RegisteredApplication[];

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" });
    for (const server of servers) await server.start();
    const register = (alg: string, index: number) =>
      guestpass.register(`files-${alg}`, {
        metadata: { id_token_signed_response_alg: alg as "RS256", backchannel_logout_uri: (servers[index] as RelyingServer).url },
      });
    applications = await Promise.all(algorithms.map(register));
    browser = guestpass.browser();
  });
  after(async () => {
    for (const server of servers) await server.stop();
    await guestpass.stop();
  });

  it("each application of the session gets one logout token about it, signed as its ID tokens are, in one POST", async () => {
    const signedIn: Awaited<ReturnType<Guestpass["redeem"]>>[] = [];
    for (const application of applications) {
      const request = await guestpass.authorizationRequest(application);
      const asked = signedIn.length === 0;
      const answer = asked ? await guestpass.signIn(browser, request, "ada@example.com") : await browser.open(request.url);
      signedIn.push(await guestpass.redeem(request, answer));
    }
    const hint = { id_token_hint: signedIn[0]?.id_token as string, post_logout_redirect_uri: `${appOrigin}/signed-out` };
    const sure = await browser.open(`${guestpass.issuer}/session/end?${new URLSearchParams(hint)}`);
    await browser.submit(sure, "/session/end/confirm", { logout: "yes" });

    const keys = createRemoteJWKSet(new URL(`${guestpass.issuer}/jwks`));
    const ids = new Set<string | undefined>();
    for (const [index, algorithm] of algorithms.entries()) {
      const { received } = servers[index] as RelyingServer;
      const idToken = signedIn[index]?.claims() as oidc.IDToken;
      await eventually(`files-${algorithm} is told`, () => received.length > 0);
      expect(received).to.have.length(1);
      expect(received[0]).to.include({ method: "POST", type: "application/x-www-form-urlencoded" });
      expect(received[0]?.fields).to.have.all.keys("logout_token");
      const { payload, protectedHeader } = await jwtVerify(received[0]?.fields["logout_token"] as string, keys);
      expect(protectedHeader).to.include({ alg: algorithm, typ: "logout+jwt" });
      expect(payload).to.have.all.keys("iss", "aud", "sub", "sid", "iat", "exp", "jti", "events");
      expect(payload).to.include({ iss: guestpass.issuer, aud: `files-${algorithm}`, sub: idToken.sub, sid: idToken["sid"] });
      expect(payload["events"]).to.deep.equal({ "http://schemas.openid.net/event/backchannel-logout": {} });
      expect(payload.iat).to.be.closeTo(Date.now() / 1000, 30);
      ids.add(payload.jti);
    }
    expect(ids.size).to.equal(algorithms.length);
  });

  it("an application without a back-channel address has nothing to receive: that is neither delivered, nor counted, nor listed", async () => {
    const { app } = guestpass.server;
    const rows = () => app.db("logouts").where({ client_id: "silent" }).select("state", "attempts");
    const silent = await guestpass.register("silent");
    const visitor = guestpass.browser();
    const request = await guestpass.authorizationRequest(silent);
    await guestpass.redeem(request, await guestpass.signIn(visitor, request, "silent@example.com"));
    const sure = await visitor.open(`${guestpass.issuer}/session/end?client_id=silent`);
    await visitor.submit(sure, "/session/end/confirm", { logout: "yes" });
    await eventually("it is settled", async () => (await rows()).some(({ state }) => state !== "queued"));
    expect(await rows()).to.deep.equal([{ state: "not-registered", attempts: 1 }]);
    expect((await app.admin("listLogouts", { query: { client_id: "silent" } })).body["items"]).to.deep.equal([]);
  });

  it("an application that asks at once whether the guest is still there learns that they are not, and nobody waits for another one", async () => {
    const [slow, quick] = applications as [RegisteredApplication, RegisteredApplication];
    const request = await guestpass.authorizationRequest(slow);
    const claims = (await guestpass.redeem(request, await guestpass.signIn(browser, request, "ada@example.com"))).claims();
    await browser.open((await guestpass.authorizationRequest(quick)).url);
    const cookie = await browser.jar.getCookieString(guestpass.issuer);
    const silent = (await guestpass.authorizationRequest(quick, { prompt: "none" })).url;
    const asked = Promise.withResolvers<string | null>();
    const [slowServer, quickServer] = servers as [RelyingServer, RelyingServer];
    const held = Promise.withResolvers<number>();
    slowServer.answer = () => held.promise;
    quickServer.answer = () => {
      const answer = fetch(silent, { headers: { cookie }, redirect: "manual" });
      void answer.then(({ headers }) => asked.resolve(new URL(headers.get("location") ?? "").searchParams.get("error")));
      return 200;
    };
    const sure = await browser.open(`${guestpass.issuer}/session/end?${new URLSearchParams({ client_id: slow.clientId })}`);
    const answer = await browser.submit(sure, "/session/end/confirm", { logout: "yes" });
    expect(answer.status, "it does not wait for the slow one").to.equal(200);
    expect(await asked.promise).to.equal("login_required");
    held.resolve(200);
    expect(await guestpass.server.app.sessions.list(claims?.sub ?? "")).to.deep.equal([]);
  });
});
