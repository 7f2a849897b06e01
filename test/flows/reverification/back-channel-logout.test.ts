import { expect } from "chai";
import { createRemoteJWKSet, jwtVerify } from "jose";
import type * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { RelyingServer } from "../../support/relying-server.ts";

describe("applications are told when a session is over", () => {
  let guestpass: Guestpass;
  let relying: RelyingServer;
  let files: RegisteredApplication;

  beforeEach(async () => {
    relying = await new RelyingServer().start();
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" });
    files = await guestpass.register("files", {
      metadata: { backchannel_logout_uri: relying.url },
    });
  });
  afterEach(async () => {
    await guestpass.stop();
    await relying.stop();
  });

  async function signedIn(address = "ada@example.com") {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(files);
    const tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, address));
    return { browser, tokens, claims: tokens.claims() as oidc.IDToken };
  }

  const arrived = (count: number) => eventually(`${count} logouts`, async () => relying.received.length >= count);

  it("with one signed logout token, and nothing else", async () => {
    const { claims } = await signedIn();
    await guestpass.server.app.guests.suspend(claims.sub, "left", operator);
    await arrived(1);
    const fields = relying.received[0]?.fields ?? {};
    expect(Object.keys(fields)).to.deep.equal(["logout_token"]);
    const keys = createRemoteJWKSet(new URL(`${guestpass.issuer}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(fields["logout_token"] as string, keys, {
      issuer: guestpass.issuer,
      audience: "files",
      typ: "logout+jwt",
    });
    expect(protectedHeader.alg).to.equal("RS256");
    expect(payload).to.include({ sub: claims.sub, sid: claims["sid"] });
    expect(payload["events"]).to.deep.equal({ "http://schemas.openid.net/event/backchannel-logout": {} });
    expect(payload).not.to.have.property("nonce");
    expect((payload.exp as number) - (payload.iat as number)).to.equal(120);
  });

  it("when the deadline passes, exactly once, though the application failed twice", async () => {
    let failures = 2;
    relying.answer = () => (failures-- > 0 ? 500 : 200);
    await signedIn();
    guestpass.clock.advance({ days: 30, minutes: 2 });
    // That it failed has to be on record before the clock moves: the next attempt is counted from there.
    const failed = async (times: number) => (await guestpass.server.app.db("logouts").where({ attempts: times })).length === 1;
    await eventually("the first attempt", () => failed(1));
    guestpass.clock.advance({ seconds: 10 });
    await eventually("the second attempt", () => failed(2));
    guestpass.clock.advance({ seconds: 20 });
    await arrived(1);
    guestpass.clock.advance({ hours: 2 });
    await eventually("it is settled", async () => (await guestpass.server.app.db("logouts").where({ state: "delivered" })).length === 1);
    expect(relying.received).to.have.length(1);
  });

  it("though another application, where many were signed in, lets every request time out", async () => {
    const slow = await new RelyingServer().start();
    const { over } = slow.hang();
    await guestpass.register("slow", { metadata: { backchannel_logout_uri: slow.url } });
    const { db, logouts } = guestpass.server.app;
    for (let session = 0; session < 300; session++) await logouts.enqueue(db, { clientId: "slow", sub: "ada", sid: `slow-${session}` });
    await logouts.enqueue(db, { clientId: "files", sub: "ada", sid: "files" });
    await arrived(1).finally(async () => {
      over();
      await slow.stop();
    });
  });

  it("less and less often where it never accepts it, for a day; then it is given up, which is on record", async () => {
    relying.answer = () => 500;
    const { app } = guestpass.server;
    app.logouts.run(20);
    const { claims } = await signedIn();
    await app.sessions.endAllOf(claims.sub, operator);
    const logout = async () => (await app.db("logouts").first()) as { attempts: number; state: string; next_attempt_at: number };
    const waits: number[] = [];
    for (let tries = 1; (await logout()).state === "queued"; tries++) {
      await eventually(`attempt ${tries}`, async () => (await logout()).attempts === tries);
      const { state, next_attempt_at: next } = await logout();
      if (state === "queued") waits.push(Math.round((next - guestpass.clock.now()) / 1000));
      guestpass.clock.advance({ seconds: waits.at(-1) ?? 0 });
    }
    expect(waits.slice(0, 11)).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
    expect(waits.reduce((sum, seconds) => sum + seconds)).to.be.within(86_400, 86_400 + 3600);
    expect(await logout()).to.include({ state: "given-up" });
    const { body } = await app.admin("listAudit", { query: { action: "logout.given-up" } });
    expect(body["items"]).to.have.length(1);
    relying.answer = () => 200;
    guestpass.clock.advance({ days: 1 });
    await app.logouts.stop();
    expect(relying.received).to.deep.equal([]);
  });

  const listed = async (query = {}) =>
    (await guestpass.server.app.admin("listLogouts", { query })).body["items"] as Record<string, unknown>[];

  it("and not again where it refuses: a refusal is final, and recorded in its own words", async () => {
    relying.answer = () => 400;
    relying.words = JSON.stringify({ error: "invalid_request", error_description: `no such \u202esid\n${"x".repeat(500)}` });
    const { claims } = await signedIn();
    await guestpass.server.app.sessions.endAllOf(claims.sub, operator);
    await eventually("it is given up", async () => (await listed({ state: "given-up" })).length === 1);
    const [logout] = await listed({ client_id: "files" });
    expect(logout).to.include({ client_id: "files", sub: claims.sub, state: "given-up", attempts: 1, next_attempt_at: null });
    expect(logout?.["reason"]).to.match(/^answered 400: invalid_request no such sidx{100,160}$/);
    expect(logout?.["given_up_at"]).to.match(/^20/);
    const { body } = await guestpass.server.app.admin("listAudit", { query: { action: "logout.given-up" } });
    expect((body["items"] as { details: object }[])[0]?.details).to.include({ attempts: 1, failure: logout?.["reason"] });
    guestpass.clock.advance({ hours: 2 });
    await guestpass.server.app.logouts.stop();
    expect((await listed())[0]).to.include({ attempts: 1 });
  });

  it("again where another attempt can succeed, and the cause is listed in words", async () => {
    const { app } = guestpass.server;
    const closed = new RelyingServer();
    const nobody = (await closed.start()).url;
    await closed.stop();
    const causes: [string, string, number, RegExp][] = [
      ["busy", relying.url, 503, /^answered 503: try later$/],
      ["often", relying.url, 429, /^answered 429/],
      ["nobody", nobody, 0, /^nothing listens at 127\.0\.0\.1:\d+$/],
      ["nowhere", "https://no-such-host.invalid/logout", 0, /^the name no-such-host\.invalid cannot be found$/],
      ["inside", "https://192.168.7.7/logout", 0, /special use and not in GUESTPASS_ALLOWED_NETWORKS/],
      ["plain", relying.url.replace("http:", "https:"), 0, /does not speak TLS|closed the connection/],
    ];
    relying.words = "try later";
    for (const [clientId, uri, status, why] of causes) {
      relying.answer = () => status;
      await guestpass.register(clientId, { metadata: { backchannel_logout_uri: uri } });
      await app.logouts.enqueue(app.db, { clientId, sub: "ada", sid: clientId });
      await eventually(clientId, async () => (await listed({ client_id: clientId }))[0]?.["attempts"] === 1);
      const [logout] = await listed({ client_id: clientId, state: "pending" });
      expect(logout?.["reason"], clientId).to.match(why);
      expect(logout?.["next_attempt_at"]).to.match(/^20/);
    }
    expect(await listed({ limit: "3" })).to.have.length(3);
    relying.answer = () => 200;
    guestpass.clock.advance({ minutes: 1 });
    await eventually("two arrive", async () => (await listed()).length === causes.length - 2);
  });

  it("is warned of where it is registered with an address that cannot be reached", async () => {
    const { admin } = guestpass.server.app;
    const register = async (clientId: string, uri: string) => {
      const metadata = { redirect_uris: ["https://app.example/cb"], backchannel_logout_uri: uri };
      return (await admin("createApplication", { body: { client_id: clientId, name: "Warned", ...metadata } })).body;
    };
    expect((await register("good", relying.url))["warnings"]).to.equal(undefined);
    const bad = await register("bad", "https://192.168.7.7/logout");
    expect(bad["warnings"]).to.deep.equal([
      "backchannel_logout_uri: logouts would not be delivered, because the address is for special use and not in GUESTPASS_ALLOWED_NETWORKS.",
    ]);
    const changed = await admin("updateApplication", {
      params: { client_id: "good" },
      body: { backchannel_logout_uri: "https://no-such-host.invalid/logout" },
    });
    expect(changed.body["warnings"]).to.match(/the name no-such-host\.invalid cannot be found/);
    const other = await admin("updateApplication", { params: { client_id: "good" }, body: { name: "Other" } });
    expect(other.body["warnings"], "of what is not changed").to.equal(undefined);
  });

  it("when a stricter rule is set: the sessions that are older than it, and no others", async () => {
    const old = [await signedIn("ada@example.com"), await signedIn("grace@example.com")];
    guestpass.clock.advance({ days: 8 });
    const young = await signedIn("mary@example.com");
    guestpass.clock.advance({ minutes: 2 });
    await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
    await arrived(2);
    const told = relying.received.map(
      ({ fields }) => JSON.parse(Buffer.from(fields["logout_token"]?.split(".")[1] ?? "", "base64url").toString()).sub,
    );
    expect(told).to.have.members(old.map(({ claims }) => claims.sub));
    expect(await guestpass.server.app.sessions.list(young.claims.sub)).to.have.length(1);
  });

  it("when a guest with a stricter rule is merged into theirs", async () => {
    const { claims } = await signedIn("ada@example.com");
    guestpass.clock.advance({ days: 8 });
    const lost = await guestpass.addGuest("countess@example.com");
    await guestpass.server.app.admin("updateGuest", { params: { sub: lost }, body: { reverification_days: 7 } });
    await guestpass.server.app.admin("mergeGuest", { params: { sub: claims.sub }, body: { lost_sub: lost } });
    await arrived(1);
  });

  it("when an administrator ends the session, whose tokens end with it", async () => {
    const { tokens, claims } = await signedIn();
    const [session] = await guestpass.server.app.sessions.list(claims.sub);
    expect(session?.applications).to.deep.equal(["files"]);
    expect(await guestpass.server.app.sessions.end(session?.uid ?? "", operator)).to.equal(true);
    await arrived(1);
    const userinfo = await fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(userinfo.status).to.equal(401);
  });

  it("and an ended session stays ended, though a request that was under way saves it once more", async () => {
    const { browser, claims } = await signedIn();
    const { sessions, live } = guestpass.server.app;
    const cookies = await browser.jar.getCookies(guestpass.issuer);
    const cookie = cookies.find(({ key }) => key === "guestpass_session")?.value ?? "";
    const underWay = await live.now.Session.find(cookie);
    const [session] = await sessions.list(claims.sub);
    await sessions.end(session?.uid ?? "", operator);
    await underWay?.persist();
    expect(await sessions.list(claims.sub)).to.deep.equal([]);
    const page = await browser.open((await guestpass.authorizationRequest(files)).url);
    expect(page.title, "nobody is signed in").to.contain("Sign in");
  });

  it("when the guest's record ends, which is the deadline where it comes first", async () => {
    const { claims } = await signedIn();
    const guest = await guestpass.server.app.guests.findBySub(claims.sub);
    if (!guest) throw new Error("no guest");
    const expiresAt = Date.now() + 3 * 86_400_000;
    await guestpass.server.app.guests.update(guest, { expiresAt }, operator);
    const again = await signedIn();
    expect(again.claims["session_expiry"]).to.equal(Math.floor(expiresAt / 1000));
    guestpass.clock.advance({ days: 3, minutes: 2 });
    await arrived(2);
  });

  it("when the deadline passes after the browser's own session has, however long Guestpass was down", async () => {
    const { claims } = await signedIn();
    const { sessions, sweep } = guestpass.server.app;
    await sessions.stop();
    guestpass.clock.advance({ days: 20 });
    await sweep();
    expect(await sessions.list(claims.sub)).to.have.length(1);
    guestpass.clock.advance({ days: 11 });
    await sweep();
    sessions.run(20);
    await arrived(1);
    await eventually("nothing is kept of it", async () => {
      await sweep();
      return (await guestpass.server.app.db("oidc_artifacts").where({ model: "Session" })).length === 0;
    });
  });

  it("when the guest is erased", async () => {
    const { claims } = await signedIn();
    const guest = await guestpass.server.app.guests.findBySub(claims.sub);
    if (!guest) throw new Error("no guest");
    await guestpass.server.app.lifeCycle.erase(guest, operator);
    await arrived(1);
  });

  it("and not at addresses that are for special use, unless an operator allows their network", async () => {
    const { claims } = await signedIn();
    const careful = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer }, { on: guestpass });
    await guestpass.server.close();
    await careful.server.app.guests.suspend(claims.sub, "left", operator);
    await eventually(
      "an attempt is on record",
      async () => (await careful.server.app.db("logouts").where("attempts", ">", 0)).length === 1,
    );
    expect(relying.received).to.deep.equal([]);
    await careful.server.close();
  });
});
