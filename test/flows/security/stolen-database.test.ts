// OWASP ASVS 6.5.2, 11.4: whoever reads the whole database can use nothing of what they find.
import { createHash, createHmac, createSecretKey } from "node:crypto";
import { expect } from "chai";
import { codeMatches } from "../../../src/passcodes/passcode.ts";
import { deriveSecrets, KeyRing } from "../../../src/secrets.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { codeFor, endpoints, post, refresh, signedIn } from "../../support/protocol.ts";

type Row = Record<string, unknown>;

const masterKey = "the master key of this test, long enough for it";

describe("a stolen database", () => {
  let guestpass: Guestpass;
  let tables: Record<string, Row[]>;
  const secrets: Record<string, string> = {};

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_PASSCODE_DIGITS: "8", GUESTPASS_SECRET: masterKey });
    const application = await guestpass.register("files");
    const session = await signedIn(guestpass, application);
    const onItsWay = await codeFor(guestpass, application, { address: "bob@example.com" });
    const pushed = await post(guestpass, endpoints.pushed, application, Object.fromEntries(new URL(session.request.url).searchParams));
    const waiting = guestpass.browser();
    const page = await guestpass.askForCode(waiting, await guestpass.authorizationRequest(application), "carol@example.com");
    Object.assign(secrets, {
      "master key": masterKey,
      "client secret": application.secret,
      "used passcode": await guestpass.mail.code("ada@example.com"),
      "unused passcode": await guestpass.mail.code("carol@example.com"),
      "used authorization code": session.code,
      "unused authorization code": onItsWay.code,
      "access token": session.accessToken,
      "refresh token": session.refreshToken,
      "renewed refresh token": (await refresh(guestpass, application, session.refreshToken)).json["refresh_token"],
      "ID token": session.idToken,
      verifier: session.request.verifier,
      "pushed request": String(pushed.json["request_uri"]).split(":").at(-1),
      "form token": page.document.querySelector("input[name=token]")?.getAttribute("value"),
    });
    for (const browser of [session.browser, onItsWay.browser]) {
      for (const { key, value } of await browser.jar.getCookies(guestpass.issuer)) secrets[`${key} ${Object.keys(secrets).length}`] = value;
    }
    const named = (await waiting.jar.getCookies(page.url)).find(({ key }) => key.startsWith("guestpass_browser."));
    secrets["the browser of a sign-in"] = named?.value as string;
    // Every mail is out of our hands by then.
    await guestpass.server.app.outbox.stop();
    tables = await dump();
  });
  after(() => guestpass.stop());

  async function dump(): Promise<Record<string, Row[]>> {
    const { db } = guestpass.server.app;
    const sqlite = db.client.config.client === "sqlite3";
    const names: Row[] = sqlite
      ? await db("sqlite_master").where({ type: "table" }).select("name")
      : await db("pg_tables").whereRaw("schemaname = current_schema()").select("tablename as name");
    const dumped: Record<string, Row[]> = {};
    for (const { name } of names) dumped[String(name)] = await db(String(name)).select("*");
    return dumped;
  }
  const text = (value: unknown) => (Buffer.isBuffer(value) ? value.toString("latin1") + value.toString("hex") : String(value));

  it("was read whole", () => {
    expect(Object.keys(tables)).to.include.members([
      "guests",
      "aliases",
      "mailboxes",
      "applications",
      "passcodes",
      "outbox",
      "oidc_artifacts",
      "signing_keys",
    ]);
    for (const name of ["guests", "passcodes", "outbox", "oidc_artifacts", "signing_keys"])
      expect(tables[name], name).not.to.deep.equal([]);
    expect(Object.keys(secrets)).to.have.length.greaterThan(16);
  });

  it("holds none of what opens anything, in any column of any table", () => {
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret, name).to.be.a("string").and.to.have.length.greaterThan(7);
      for (const [table, rows] of Object.entries(tables)) {
        for (const row of rows) {
          for (const [column, value] of Object.entries(row)) expect(text(value), `${name} in ${table}.${column}`).not.to.contain(secret);
        }
      }
    }
  });

  it("holds no body of a mail that was sent, and no private key in the clear", () => {
    for (const row of tables["outbox"] ?? []) expect(row).to.include({ state: "sent", content: "" });
    const keys = JSON.stringify(tables["signing_keys"]);
    expect(keys).not.to.match(/"d\\?"|PRIVATE/);
  });

  it("does not reveal a passcode to an attacker who tries all of them: without the key nothing fits", () => {
    const code = secrets["unused passcode"] as string;
    const rows = (tables["passcodes"] ?? []) as { id: string; interaction: string; hash: string }[];
    const right = rows.filter((row) => codeMatches(deriveSecrets(masterKey).passcodes, row, code));
    expect(right, "with the key one fits").to.have.lengthOf(1);
    const { id, interaction, hash } = right[0] as { id: string; interaction: string; hash: string };
    const known = [id, interaction, "files", "carol@example.com", "", "secret", "guestpass/passcodes"];
    const parts = known.flatMap((one) => known.map((two) => [one, two, code]));
    const tried = new Set<string>();
    for (const each of parts) {
      for (const separator of ["", "\0", ":", "."]) {
        const input = each.join(separator);
        tried.add(createHash("sha256").update(input).digest("base64url"));
        for (const key of known) tried.add(createHmac("sha256", key).update(input).digest("base64url"));
      }
    }
    expect(tried.size).to.be.greaterThan(500);
    expect(tried.has(hash)).to.equal(false);
    for (const guess of ["", "another master key that is long enough, too"]) {
      expect(
        codeMatches(
          guess === "" ? new KeyRing(createSecretKey(Buffer.alloc(32))) : deriveSecrets(guess).passcodes,
          { id, interaction, hash },
          code,
        ),
      ).to.equal(false);
    }
  });

  it("holds nothing that can be used: hashes and identifiers are no tokens", async () => {
    const application = { clientId: "files", secret: secrets["client secret"] } as Parameters<typeof refresh>[1];
    const registered = await guestpass.server.app.applications.find("files");
    const found = (tables["oidc_artifacts"] ?? []).flatMap((row) => [row["id_hash"], row["grant_id"], row["uid"]]);
    for (const value of found.filter((each) => typeof each === "string")) {
      const opened = await fetch(guestpass.issuer + endpoints.userinfo, { headers: { authorization: `Bearer ${value}` } });
      expect(opened.status).to.equal(401);
      expect((await refresh(guestpass, { ...registered, ...application }, value)).status).to.equal(400);
      const cookie = `guestpass_session=${value}; guestpass_session.sig=${value}`;
      const silent = await guestpass.browser({ cookie }).request(`${guestpass.issuer}/session/end`);
      expect(silent.title, "nobody is signed in: nothing is asked").to.equal("Almost done");
    }
  });
});
