// The keys that sign ID tokens rotate while guests sign in, on two instances that share a database.
import { expect } from "chai";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import type { Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints } from "../../support/protocol.ts";
import { runWarm } from "../../support/warm-command.ts";

const kidOf = (token: string) => decodeProtectedHeader(token).kid as string;

describe("signing keys", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let other: Guestpass;
  let files: RegisteredApplication;
  let browser: Browser;
  let guests = 0;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_SESSION_ABSOLUTE_DAYS: "90", GUESTPASS_KEY_ROTATE_DAYS: "0" });
    other = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer, GUESTPASS_KEY_ROTATE_DAYS: "0" }, { on: guestpass });
    await keys().tend();
    await Promise.all([look(guestpass), look(other)]);
    files = await guestpass.register("files");
    browser = guestpass.browser();
  });
  afterEach(async () => {
    await other.server.close();
    await guestpass.stop();
  });

  const keys = () => guestpass.server.app.signingKeys;
  const look = (instance: Guestpass) => instance.server.app.keysChanged();
  const current = async (alg = "RS256") => (await keys().list()).find((key) => key.alg === alg && key.state === "current")?.kid as string;
  const published = async (at = guestpass) =>
    ((await (await fetch(`http://127.0.0.1:${at.server.port}/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);

  /** openid-client as applications use it: it checks signatures, and keeps the keys that it has read. */
  const relyingParty = async (application = files) => {
    const config = await guestpass.client(application);
    oidc.enableNonRepudiationChecks(config);
    return config;
  };
  const enter = async (config: oidc.Configuration, of = browser, application = files) => {
    const request = { ...(await guestpass.authorizationRequest(application)), config };
    const answer = await of.open(request.url);
    const done = answer.query["code"] ? answer : await guestpass.signIn(of, request, `guest${++guests}@example.com`);
    return (await guestpass.redeem(request, done)).id_token as string;
  };

  it("rotate while guests sign in, and applications that keep the keys for a day notice nothing", async () => {
    const yesterday = await relyingParty();
    const before = kidOf(await enter(yesterday));
    const cache = oidc.getJwksCache(yesterday);
    if (!cache) throw new Error("openid-client has kept no keys");
    guestpass.clock.advance({ hours: 24 });
    // An application that goes on with what it read yesterday: the next key was among it.
    const config = await relyingParty();
    oidc.setJwksCache(config, { ...cache, uat: Math.floor(Date.now() / 1000) });
    const kids: string[] = [];
    let rotated = false;
    const signingIn = (async () => {
      while (!rotated) kids.push(kidOf(await enter(config, guestpass.browser())));
    })();
    const rotations = await keys().rotate(operator);
    await look(guestpass);
    await eventually("guests have signed in meanwhile", () => kids.length > 2);
    rotated = true;
    await signingIn;
    kids.push(kidOf(await enter(config)));
    expect(rotations.map(({ outcome }) => outcome)).to.deep.equal(["rotated", "rotated"]);
    expect(kids.at(-1))
      .to.equal(await current())
      .and.not.to.equal(before);
    expect(oidc.getJwksCache(config)?.jwks, "the keys were not read again").to.deep.equal(cache.jwks);
    await eventually("the other instance publishes the same", async () => String(await published(other)) === String(await published()));
  });

  it("that signed before verify, and are good as a hint at sign-out, for as long as a session may last", async () => {
    const config = await relyingParty();
    const idToken = await enter(config);
    guestpass.clock.advance({ hours: 24 });
    await keys().rotate(operator);
    await look(guestpass);
    const remote = createRemoteJWKSet(new URL(`${guestpass.issuer}/jwks`));
    const at = new Date((decodeJwt(idToken).iat as number) * 1000);
    await jwtVerify(idToken, remote, { issuer: guestpass.issuer, audience: "files", currentDate: at });
    const signOut = `${guestpass.issuer}${endpoints.endSession}?${new URLSearchParams({ id_token_hint: idToken })}`;
    expect((await browser.request(signOut)).title).to.equal("Sign out?");
    guestpass.clock.advance({ days: 89 });
    await keys().tend();
    await look(guestpass);
    expect((await guestpass.browser().request(signOut)).status).to.equal(200);
    guestpass.clock.advance({ days: 2 });
    await keys().tend();
    await look(guestpass);
    expect(await published()).not.to.include(kidOf(idToken));
    expect((await guestpass.browser().request(signOut)).status).to.equal(400);
  });

  it("that signed before have no private half any more", async () => {
    const old = await current();
    guestpass.clock.advance({ hours: 24 });
    await keys().rotate(operator);
    const { signing, published: others } = await keys().load();
    expect(signing.every(({ kid, d }) => kid !== old && typeof d === "string")).to.equal(true);
    expect(others.map(({ kid }) => kid)).to.include(old);
    const [row] = await guestpass.server.app.db("published_keys").where({ kid: old });
    const [privateRow] = await guestpass.server.app.db("published_keys").where({ alg: "RS256", state: "next" });
    expect(row.sealed_jwk.length).to.be.lessThan(privateRow.sealed_jwk.length / 2);
  });

  it("made by a clock that was ahead rotate, and end, as if it had been right", async () => {
    guestpass.clock.advance({ days: 366 });
    await keys().rotate(operator);
    guestpass.clock.advance({ days: -366 });
    await keys().tend();
    const now = guestpass.clock.now();
    for (const { since, endsAt } of await keys().list()) {
      expect(since).to.be.at.most(now);
      expect(endsAt ?? now).to.be.at.most(now + 90 * 24 * 3_600_000);
    }
    guestpass.clock.advance({ hours: 24 });
    expect((await keys().rotate(operator)).map(({ outcome }) => outcome)).to.deep.equal(["rotated", "rotated"]);
  });

  it("do not rotate before applications know the next one", async () => {
    const before = await current();
    guestpass.clock.advance({ hours: 23 });
    const [rs256] = await keys().rotate(operator);
    expect(rs256).to.include({ outcome: "too-early", alg: "RS256" });
    expect(await current()).to.equal(before);
  });

  it("rotate once, however many ask at the same moment", async () => {
    guestpass.clock.advance({ hours: 24 });
    const every = [guestpass, other, guestpass, other, guestpass].map(({ server }) => server.app.signingKeys.rotate(operator, "ES256"));
    const outcomes = (await Promise.all(every)).flat().map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "rotated")).to.have.length(1);
    const es256 = (await keys().list()).filter(({ alg }) => alg === "ES256").map(({ state }) => state);
    expect(es256.sort()).to.deep.equal(["current", "next", "previous"]);
    const { entries } = await guestpass.server.app.audit.list({ action: "key.rotated" }, 10);
    expect(entries).to.have.length(1);
  });

  it("rotate by age", async () => {
    await other.server.close();
    other = await Guestpass.start({ GUESTPASS_KEY_ROTATE_DAYS: "30" }, { on: guestpass });
    const before = await current();
    guestpass.clock.advance({ days: 29 });
    await other.server.app.sweep();
    expect(await current()).to.equal(before);
    guestpass.clock.advance({ days: 1, minutes: 1 });
    await Promise.all([other.server.app.sweep(), other.server.app.signingKeys.tend()]);
    expect(await current()).not.to.equal(before);
    const { entries } = await guestpass.server.app.audit.list({ action: "key.rotated" }, 10);
    expect(entries.map(({ actor }) => actor)).to.deep.equal(["system", "system"]);
  });

  it("are revoked at once: the next one signs, and what the old one signed is good for nothing", async () => {
    const config = await relyingParty();
    const idToken = await enter(config);
    const old = kidOf(idToken);
    const next = (await keys().list()).find(({ alg, state }) => alg === "RS256" && state === "next")?.kid;
    expect(await keys().revoke(old, operator)).to.include({ outcome: "revoked", signsNow: next });
    expect(await keys().revoke(old, operator)).to.deep.equal({ outcome: "unknown" });
    for (const instance of [guestpass, other])
      await eventually("it is published no more", async () => !(await published(instance)).includes(old));
    const hinted = await guestpass.authorizationRequest(files, { prompt: "none", id_token_hint: idToken });
    expect((await browser.open(hinted.url)).query["error"]).to.equal("invalid_request");
    expect(kidOf(await enter(config))).to.equal(next);
  });

  it("are revoked once, however many ask at the same moment", async () => {
    const old = await current();
    const every = [guestpass, other, guestpass, other].map(({ server }) => server.app.signingKeys.revoke(old, operator));
    const outcomes = (await Promise.all(every)).map(({ outcome }) => outcome);
    expect(outcomes.sort()).to.deep.equal(["revoked", "unknown", "unknown", "unknown"]);
    expect((await keys().list()).filter(({ alg }) => alg === "RS256").map(({ state }) => state)).to.have.members(["current", "next"]);
  });

  it("are rotated and revoked from the command line, which running servers notice by themselves", async () => {
    const settings = { ...guestpass.settings, GUESTPASS_KEY_PUBLISH_HOURS: "0" };
    const before = await current();
    const { stdout, stderr } = await runWarm(["keys", "rotate", "--alg", "RS256"], settings);
    const now = await current();
    expect(stdout, stderr).to.equal(`RS256: ${now} signs now. Running servers use it within a second.\n`);
    expect(now).not.to.equal(before);
    const config = await relyingParty();
    await eventually("the server signs with it", async () => kidOf(await enter(config)) === now);
    const early = await runWarm(["keys", "rotate"], guestpass.settings);
    expect(early.code).to.equal(1);
    expect(early.stderr).to.match(/^RS256: applications may not know the next key before \S+Z\./);
    const unsure = await runWarm(["keys", "revoke", before], settings);
    expect(unsure.stderr).to.match(
      /^The RS256 key \S+ \(previous\) will be withdrawn\. ID tokens and logout tokens that it signed are refused/,
    );
    const revoked = await runWarm(["keys", "revoke", before, "--yes"], settings);
    expect([revoked.code, revoked.stdout]).to.deep.equal([0, "Revoked.\n"]);
    const listed = await runWarm(["keys", "list", "--json"], settings);
    expect((JSON.parse(listed.stdout) as { kid: string }[]).map(({ kid }) => kid))
      .to.include(now)
      .and.not.to.include(before);
  });

  it("can be kept by applications for minutes, and asked for again by ETag", async () => {
    for (const path of ["/jwks", "/.well-known/openid-configuration"]) {
      const url = guestpass.issuer + path;
      const first = await fetch(url);
      const etag = first.headers.get("etag") ?? "";
      expect(first.headers.get("cache-control"), path).to.equal("public, max-age=300");
      expect(first.headers.get("content-type"), path).to.match(/^application\/(jwk-set\+)?json/);
      expect(await first.json()).to.be.an("object");
      const again = await fetch(url, { headers: { "if-none-match": etag, "cache-control": "max-age=0" } });
      expect([again.status, await again.text(), again.headers.get("etag")], path).to.deep.equal([304, "", etag]);
      const changed = await fetch(url, { headers: { "if-none-match": '"another"', "cache-control": "max-age=0" } });
      expect(changed.status, path).to.equal(200);
    }
    const before = (await fetch(`${guestpass.issuer}/jwks`)).headers.get("etag");
    guestpass.clock.advance({ hours: 24 });
    await keys().rotate(operator);
    await look(guestpass);
    expect((await fetch(`${guestpass.issuer}/jwks`)).headers.get("etag")).not.to.equal(before);
  });
});
