// The master key changes while instances run and guests sign in: what was given out under the former one works for as long as it would have.
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { readConfig } from "../../../src/configuration/config.ts";
import { masked } from "../../../src/configuration/masked.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import { derivedFrom } from "../../../src/secrets.ts";
import { Running, runCommand } from "../../support/command.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, signedIn } from "../../support/protocol.ts";
import { runWarm } from "../../support/warm-command.ts";

const former = "a former secret of the tests, long enough";
const next = "the next secret of the tests, long enough";
const both = { GUESTPASS_SECRET: next, GUESTPASS_SECRET_PREVIOUS: former, GUESTPASS_BOUNCE_DOMAIN: "bounce.example" };

describe("the master key", function () {
  this.timeout(300_000);
  /** Knows the former secret alone. */
  let first: Guestpass;
  /** Know both. */
  let here: Guestpass;
  let there: Guestpass;
  let files: RegisteredApplication;

  beforeEach(async () => {
    first = await Guestpass.start({ GUESTPASS_SECRET: former, GUESTPASS_BOUNCE_DOMAIN: "bounce.example" });
    here = await Guestpass.start(both, { on: first });
    there = await Guestpass.start({ ...both, GUESTPASS_ISSUER: here.issuer }, { on: first });
    files = await here.register("files", { metadata: { initiate_login_uri: "https://app.example/login" } });
  });
  afterEach(async () => {
    await here.server.close();
    await there.server.close();
    await first.stop();
  });

  /** The first server of all does not know the new one. */
  const rotate = () => runWarm(["secrets", "rotate", "--force"], here.settings);
  const look = () => Promise.all([here, there].map(({ server }) => server.app.keysChanged()));
  const namedBy = async () => (await first.server.app.db("master_keys").where({ until: null }).pluck("secret"))[0] as string;
  const referenceIn = (text: string) => /\b([A-HJKMNP-Z2-9]{4})\b/.exec(text.replace(/<[^>]+>/g, " "))?.[1];

  it("is the former one until secrets rotate is run, whatever the instances know", async () => {
    expect(await namedBy()).to.equal(derivedFrom(former).secret);
    const { app } = here.server;
    const link = app.returnPaths?.of("1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11") ?? "";
    expect(first.server.app.returnPaths?.mailIn(link)).to.equal("1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11");
    expect((await app.masterKeys.state()).inUse).to.equal("previous");
  });

  it("does not change while a running server does not know the new one", async () => {
    const known = () => first.server.app.db("outbox_instances").pluck("id");
    await eventually("all three have said what they know", async () => (await known()).length === 3);
    const { code, stdout, stderr } = await runWarm(["secrets", "rotate"], here.settings);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr).to.match(/^A running server does not know the new secret\. /);
    expect(await namedBy()).to.equal(derivedFrom(former).secret);
    const { outbox } = here.server.app;
    expect(await outbox.anyServerWithout(derivedFrom(former).secret), "all know the present one").to.equal(false);
    // One that died without a word may have left a row.
    await first.server.app.db("outbox_instances").insert({ id: "dead", beat: 7, secrets: derivedFrom(next).secret });
    expect(await outbox.anyServerWithout(derivedFrom(former).secret), "the dead do not count").to.equal(false);
  });

  it("changes with everything in flight", async () => {
    const address = parseAddress("ada@example.com") as Address;
    const ada = await signedIn(here, files, { address: "ada@example.com" });
    const sub = (await here.server.app.guests.findOwner(address))?.sub ?? "";
    const graceBrowser = here.browser();
    const graceRequest = await here.authorizationRequest(files);
    const asked = await here.askForCode(graceBrowser, graceRequest, "grace@example.com");
    const code = await here.mail.code("grace@example.com");
    await here.server.app.admin("createInvitation", { body: { email: "linus@example.com", client_id: "files" } });
    await eventually("the invitation is mailed", () => here.mail.to("linus@example.com").length > 0);
    const link = /http:\/\/\S+\/invitations\/[\w.-]+/.exec(String(here.mail.to("linus@example.com")[0]?.parsed.text))?.[0] ?? "";
    expect((await here.browser().open(link)).location).to.contain("https://app.example/login");
    const off = here.server.app.reminderSwitch.tokenOf(sub);
    await here.server.app.webhooks.add("files", "https://app.example/events", operator);
    await here.server.app.admin("createUpstream", {
      body: {
        id: "partner",
        issuer: "https://login.partner.example",
        label: "Partner",
        client_id: "guestpass",
        client_secret: "a secret",
        domains: ["partner.example"],
        grade: "off",
      },
    });
    const [mail] = await here.server.app.outbox.list({ recipient: "grace@example.com", most: 1 });
    const returnPath = here.server.app.returnPaths?.of(mail?.id ?? "") ?? "";

    const { stdout, stderr } = await rotate();
    expect(stdout, stderr).to.match(/^GUESTPASS_SECRET is now in use, and everything is sealed under it\./);
    expect(await namedBy()).to.equal(derivedFrom(next).secret);
    await look();
    const alone = await Guestpass.start(
      { GUESTPASS_SECRET: next, GUESTPASS_BOUNCE_DOMAIN: "bounce.example", GUESTPASS_ISSUER: here.issuer },
      { on: first },
    );
    try {
      for (const { server } of [here, there, alone]) {
        const { reminderSwitch, returnPaths, audit } = server.app;
        expect(await reminderSwitch.open(off), "the link that switches reminders off").to.include({ sub });
        expect(returnPaths?.mailIn(returnPath), "where a mail comes back to").to.equal(mail?.id);
        expect(await audit.verify()).to.include({ outcome: "intact" });
        const at = `http://127.0.0.1:${server.port}`;
        const page = await fetch(at + new URL(link).pathname, { redirect: "manual" });
        expect(page.headers.get("location"), "the invitation's link").to.contain("https://app.example/login");
      }
      // The page, its form and its code are of before.
      expect(referenceIn(String(here.mail.to("grace@example.com")[0]?.parsed.text))).to.be.a("string");
      const shown = await graceBrowser.request(asked.url);
      expect(shown.text).to.contain(referenceIn(String(here.mail.to("grace@example.com")[0]?.parsed.text)));
      const entered = await graceBrowser.submit(asked, "/passcode", { code });
      expect(entered.query, "a code in flight").to.have.property("code");
      const silent = await ada.browser.open((await here.authorizationRequest(files, { prompt: "none", id_token_hint: ada.idToken })).url);
      expect(silent.query, "a session's cookie, and an ID token as a hint").to.have.property("code");
      const signOut = `${here.issuer}${endpoints.endSession}?${new URLSearchParams({ id_token_hint: ada.idToken })}`;
      expect((await ada.browser.request(signOut)).title).to.equal("Sign out?");
    } finally {
      await alone.server.close();
    }
    const { db, webhooks, masterKeys } = here.server.app;
    const [webhook] = await db("webhooks").pluck("sealed_secret");
    expect(masterKeys.secrets.webhooks.isCurrent(webhook)).to.equal(true);
    expect((await webhooks.find("files"))?.url).to.equal("https://app.example/events");
    const [upstream] = await db("upstream_providers").pluck("sealed_secret");
    expect(masterKeys.secrets.upstreams.isCurrent(upstream)).to.equal(true);
    for (const table of ["signing_keys", "published_keys"])
      for (const name of await db(table).pluck("secret")) expect(name, table).to.equal(derivedFrom(next).secret);
    expect(await here.server.app.masterKeys.state()).to.include({ inUse: "secret", unsealed: 0 });
  });

  it("changes while guests sign in on two instances, and each sign-in succeeds", async () => {
    let done = false;
    let entered = 0;
    const signingIn = async (name: string) => {
      for (let guest = 0; !done; guest++) {
        await signedIn(here, files, { address: `${name}${guest}@example.com` });
        entered++;
      }
    };
    const running = Promise.all(["a", "b"].map(signingIn));
    await eventually("guests sign in", () => entered > 1);
    const { code, stderr } = await rotate();
    const before = entered;
    await Promise.race([running, eventually("guests go on signing in", () => entered > before + 3, 60)]);
    done = true;
    await running;
    expect(code, stderr).to.equal(0);
    for (const { server } of [here, there]) expect(await server.app.audit.verify()).to.include({ outcome: "intact" });
  });

  it("leaves what was counted as it is: a limit that was reached stays reached, and what is left of one too", async () => {
    const rates = [{ most: 3, period: 3_600_000 }];
    const use = (subject: string) => ({ limit: "codes-per-address", rates, subject });
    const limited = (await import("../../../src/limits/limits.ts")).Limits;
    const limits = [here, there].map(
      ({ server }) =>
        new limited({ db: server.app.db, clock: here.clock, key: server.app.masterKeys.secrets.limits, observe: () => undefined }),
    );
    for (let times = 0; times < 3; times++) expect(await limits[0]?.take([use("spent")])).to.equal(undefined);
    await limits[0]?.take([use("left")]);
    const { limits: mine } = here.server.app.masterKeys.secrets;
    const mark = here.server.app.masterKeys.secrets.networks.mac("network", "x").toString("hex");
    await here.server.app.masterKeys.rotate(operator, here.server.app.audit);
    expect(mine.all).to.have.length(2);
    expect(await limits[0]?.take([use("spent")])).to.include({ limit: "codes-per-address" });
    // One instance has looked already, the other has not: both count the same.
    expect(await limits[0]?.take([use("left")])).to.equal(undefined);
    expect(await limits[1]?.take([use("left")])).to.equal(undefined);
    await look();
    for (const each of limits) expect(await each.take([use("left")])).to.include({ limit: "codes-per-address" });
    expect(here.server.app.masterKeys.secrets.networks.made(Buffer.from(mark, "hex"), 32, "network", "x")).to.equal(true);
    here.clock.advance({ days: 2 });
    await here.server.app.masterKeys.sweep();
    expect(mine.all, "the former key counts no longer").to.have.length(1);
  });

  it("changes once, however many change it at the same moment", async () => {
    const every = [here, there, here, there].map(({ server }) => server.app.masterKeys.rotate(operator, server.app.audit));
    const outcomes = (await Promise.all(every)).map(({ outcome }) => outcome);
    expect(outcomes.sort()).to.deep.equal(["in-use", "in-use", "in-use", "rotated"]);
    expect((await here.server.app.audit.list({ action: "secret.rotated" }, 10)).entries).to.have.length(1);
    expect(await here.server.app.audit.verify()).to.include({ outcome: "intact" });
  });

  it("changes as a whole where the command is killed at any moment", async () => {
    for (const after of ["", "UPDATE master_keys", "INSERT INTO former_keys", "UPDATE audit_head", "COMMIT", "UPDATE signing_keys"]) {
      // Dies as soon as the statement has been sent.
      const dies = `import { subscribe } from "node:diagnostics_channel"; let begun = false;
        subscribe("guestpass:statement", ({ sql }) => { begun ||= sql.startsWith("UPDATE master_keys"); if (begun && sql.startsWith(${JSON.stringify(after)})) process.kill(process.pid, "SIGKILL"); });`;
      const options = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(dies)}` };
      const { signal } = await new Running(["secrets", "rotate", "--force"], { ...here.settings, ...options }).ended;
      if (await stillFormer()) expect(signal, after).to.equal("SIGKILL");
      expect(await here.server.app.audit.verify(), after).to.include({ outcome: "intact" });
    }
    const { code, stderr } = await rotate();
    expect(code, stderr).to.equal(0);
    await look();
    expect(await here.server.app.masterKeys.state()).to.include({ inUse: "secret", unsealed: 0 });
    expect((await here.server.app.audit.list({ action: "secret.rotated" }, 10)).entries).to.have.length(1);
    await signedIn(here, files, { address: "ada@example.com" });
  });
  const stillFormer = async () => (await namedBy()) === derivedFrom(former).secret;

  it("that an instance does not know takes the instance out of service, and keeps it from starting", async () => {
    await rotate();
    const at = `http://127.0.0.1:${first.server.port}`;
    await eventually("it is not ready", async () => (await fetch(`${at}/readyz`)).status === 503);
    expect(await (await fetch(`${at}/readyz`)).json()).to.deep.equal({
      status: "not ready",
      reason: "the database is written under a secret that this instance does not know",
    });
    expect((await fetch(`${at}/jwks`)).status).to.equal(503);
    expect((await fetch(`${at}/healthz`)).status).to.equal(200);
    const { code, stderr } = await runCommand(["serve"], { ...first.settings, GUESTPASS_PORT: "0" });
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      "The database is written under another secret. Set GUESTPASS_SECRET to the one in use, or add that one to GUESTPASS_SECRET_PREVIOUS.\n",
    );
    const again = await runWarm(["secrets", "rotate"], { ...here.settings, GUESTPASS_SECRET: former, GUESTPASS_SECRET_PREVIOUS: next });
    expect(again.stderr).to.match(/^This GUESTPASS_SECRET was in use before/);
  });

  it("leaves a trail in which changes show, before and after the change of key", async () => {
    const { db, audit } = here.server.app;
    await here.addGuest("ada@example.com");
    await rotate();
    await look();
    await here.addGuest("grace@example.com");
    expect(await audit.verify()).to.include({ outcome: "intact" });
    const note = await db("audit").where({ action: "secret.rotated" }).first();
    for (const where of [{ position: 1 }, { position: note.position }, { position: note.position + 1 }]) {
      const row = await db("audit").where(where).first();
      await db("audit").where(where).update({ actor: "guest:nobody" });
      expect(await audit.verify()).to.include({ outcome: "broken", position: where.position });
      await db("audit").where(where).update({ actor: row.actor });
    }
    // Whoever knows the former key cannot write under it any more.
    here.clock.advance({ minutes: 2 });
    await look();
    await first.server.app.keysChanged().catch(() => undefined);
    const { Audit } = await import("../../../src/audit/audit.ts");
    const { deriveSecrets } = await import("../../../src/secrets.ts");
    const forger = new Audit({ db, clock: here.clock, key: deriveSecrets(former).audit });
    await forger.record(db, { action: "guest.resumed", by: operator });
    expect(await audit.verify()).to.include({ outcome: "broken" });
  });

  it("that is former goes when nothing issued under it is left, but for what has no end", async () => {
    await here.server.app.masterKeys.rotate(operator, here.server.app.audit);
    here.clock.advance({ days: 91 });
    await here.server.app.masterKeys.sweep();
    const left = await here.server.app.db("former_keys").pluck("purpose");
    expect(left.sort()).to.deep.equal(["audit", "invitations", "networks", "passkeys", "reminders"]);
    expect(await here.server.app.audit.verify()).to.include({ outcome: "intact" });
  });

  it("and every other secret can be in a file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "guestpass-secrets-"));
    const file = async (name: string, text: string) => {
      await writeFile(join(directory, name), `${text}\n`);
      return join(directory, name);
    };
    const { GUESTPASS_SECRET, GUESTPASS_SECRET_PREVIOUS, GUESTPASS_DATABASE_URL, GUESTPASS_SMTP_URL, ...rest } = here.settings;
    const config = readConfig({
      ...rest,
      GUESTPASS_SECRET_FILE: await file("secret", GUESTPASS_SECRET as string),
      GUESTPASS_SECRET_PREVIOUS_FILE: await file("previous", `${GUESTPASS_SECRET_PREVIOUS}\nan even older one that is long enough`),
      GUESTPASS_DATABASE_URL_FILE: await file("database", GUESTPASS_DATABASE_URL as string),
      GUESTPASS_SMTP_URL_FILE: await file("smtp", GUESTPASS_SMTP_URL as string),
    });
    expect(config.secret).to.equal(next);
    expect(config.database.url).to.equal(GUESTPASS_DATABASE_URL);
    expect(JSON.stringify(masked(config)))
      .not.to.contain("even older one")
      .and.not.to.contain(next);
    expect(() => readConfig({ ...here.settings, GUESTPASS_SECRET_FILE: join(directory, "secret") })).to.throw(/set the same value/);
    expect(() => readConfig({ ...rest, GUESTPASS_SECRET_FILE: join(directory, "none") })).to.throw(
      /^GUESTPASS_SECRET_FILE names .* cannot be read/,
    );
  });
});
