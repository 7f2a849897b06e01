// What the credentials of one application can find out about guests, invitations and applications that are not its own: nothing.
import { expect } from "chai";
import { type AdminApi, type ApiAnswer, startWithAdmin } from "../../support/admin.ts";
import { operationsOf } from "../../support/admin-operations.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { comesByTheClock, statementsOf } from "../../support/statements.ts";

describe("an application's credentials with what is not its own", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;
  let other: AdminApi;
  let filesApplication: RegisteredApplication;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    const started = await startWithAdmin(guestpass);
    ({ admin, files, other } = started);
    filesApplication = started.applications.files;
  });
  afterEach(() => guestpass.stop());

  const invite = async (api: AdminApi, email: string, more: object = {}) =>
    (await api.post("/invitations", { email, send_mail: false, ...more })).body as Record<string, string>;
  /** What is the same of two answers that must not be told apart. */
  const told = ({ status, text, headers }: ApiAnswer) => ({ status, text, etag: headers.get("etag") });

  it("sees neither guests nor invitations of another application, by no list, search or look-up", async () => {
    const { id, sub } = await invite(other, "ada@example.com", { label: "secret plan" });
    expect((await files.get("/guests")).body).to.deep.equal({ items: [], next: null });
    expect((await files.get(`/invitations?sub=${sub}`)).body).to.deep.equal({ items: [], next: null });
    expect((await files.post("/invitations/search", { email: "ada@example.com" })).body).to.deep.equal({ items: [], next: null });
    expect((await files.post("/guests/search", { email: "ada@example.com" })).body).to.deep.equal({ items: [], next: null });
    expect((await files.post("/guests/search", { search: "ada" })).body).to.deep.equal({ items: [], next: null });
    expect((await files.post("/guests/lookup", { addresses: ["ada@example.com"] })).body).to.deep.equal({
      guests: [{ address: "ada@example.com", sub: null }],
    });
    expect((await other.get(`/invitations/${id}`)).body["state"]).to.equal("pending");
  });

  it("is answered the same about another's records as about ones that do not exist, by every operation, and changes nothing of it", async () => {
    const { id, sub } = await invite(other, "ada@example.com");
    const { headers } = await other.get(`/invitations/${id}`);
    const theirs = { guests: String(sub), invitations: String(id), applications: "other" };
    const stateOf = async () =>
      Promise.all(
        [`/guests/${sub}`, `/invitations/${id}`, "/applications/other", `/audit?sub=${sub}`].map(
          async (path) => (await admin.get(path)).body,
        ),
      );
    const before = await stateOf();
    for (const { method, path, json, csv } of await operationsOf(guestpass)) {
      const kind = /^\/(guests|invitations|applications)\//.exec(path)?.[1] as keyof typeof theirs | undefined;
      if (kind === undefined || !path.includes("nobody")) continue;
      for (const version of [undefined, headers.get("etag"), '"1"']) {
        const ask = (id: string) => {
          const given = version ? { headers: { "if-match": version } } : {};
          return files.send(method, path.replaceAll("nobody", id), { ...given, ...(csv === undefined ? { json } : { csv }) });
        };
        const [known, unknown] = [await ask(theirs[kind]), await ask("1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11")];
        expect(told(known), `${method} ${path} ${version}`).to.deep.equal(told(unknown));
        expect(known.status, `${method} ${path}`).to.be.oneOf(version ? [400, 403, 404] : [403, 404]);
      }
    }
    expect(await stateOf()).to.deep.equal(before);
  });

  it("gets its own pages only, from whichever cursor, and its own answers under whichever Idempotency-Key", async () => {
    const mine = await invite(files, "grace@example.com");
    const theirs = [await invite(other, "ada@example.com"), await invite(other, "joan@example.com")];
    const cursors = [
      (await other.get("/invitations?limit=1")).body["next"],
      (await other.get("/guests?limit=1")).body["next"],
      (await admin.get("/invitations?limit=1")).body["next"],
      ...theirs.map(({ sub }) => Buffer.from(`0 ${sub}`).toString("base64url")),
      Buffer.from(`${Date.now() + 1e9} ~`).toString("base64url"),
    ].map(String);
    for (const cursor of cursors)
      for (const path of ["/invitations", "/guests"]) {
        const { status, text } = await files.get(`${path}?cursor=${cursor}`);
        expect(status, path).to.equal(200);
        for (const { id, sub, email } of theirs) for (const word of [id, sub, email]) expect(text, path).not.to.contain(word);
      }
    const asked = { email: "ada@example.com", label: "Plan", send_mail: false };
    const first = await other.post("/invitations", asked, { "idempotency-key": "key" });
    const replayed = await files.post("/invitations", asked, { "idempotency-key": "key" });
    expect(replayed.body).to.include({ client_id: "files" });
    expect(replayed.body["id"]).not.to.equal(first.body["id"]);
    const changed = await files.post("/invitations", { email: "grace@example.com", send_mail: false }, { "idempotency-key": "joan" });
    expect([changed.status, changed.body["id"]]).to.deep.equal([200, mine["id"]]);
  });

  it("may not name another application, whether there is one or not", async () => {
    for (const clientId of ["other", "no such application"]) {
      const answers = [
        await files.post("/invitations", { email: "ada@example.com", client_id: clientId }),
        await files.get(`/invitations?client_id=${clientId}`),
        await files.get(`/guests?client_id=${clientId}`),
        await files.send("POST", `/invitations/import/sharepoint?client_id=${clientId}`, { csv: "a,b\n1,2\n" }),
      ];
      for (const { status } of answers) expect(status).to.equal(403);
      const bulk = await files.post("/invitations/bulk", [{ email: "ada@example.com", client_id: clientId }]);
      expect(bulk.body["refused"]).to.equal(1);
    }
    expect((await admin.get("/invitations")).body["items"]).to.deep.equal([]);
  });

  it("learns from inviting no more than the sub, whatever is known of the address", async () => {
    const person = { name: "Ada Lovelace", locale: "de", notes: "VIP", external_id: "4711" };
    const { body: known } = await admin.post("/guests", { email: "Ada.Lovelace@Example.com", ...person });
    await admin.post(`/guests/${known["sub"]}/aliases`, { email: "countess@home.example" });
    const inviteTwo = async (address: string) => {
      const { body } = await files.post("/invitations", { email: address, send_mail: false });
      expect(body["email"]).to.equal(address);
      const read = await files.get(`/guests/${body["sub"]}`);
      return { body: withoutIdentity(body), read: withoutIdentity(read.body), etag: read.headers.get("etag") };
    };
    const forKnown = await inviteTwo("ada.lovelace@example.com");
    const forAlias = await inviteTwo("countess@home.example");
    const forUnknown = await inviteTwo("grace@example.com");
    expect(forKnown).to.deep.equal(forUnknown);
    expect(forAlias).to.deep.equal(forUnknown);
    expect(forKnown.read).to.include({ state: "invited", name: null, locale: null, verified_at: null, notes: null, external_id: null });
    const { items } = (await files.get("/guests")).body as { items: Record<string, unknown>[] };
    expect(items.map(({ email }) => email)).to.have.members(["ada.lovelace@example.com", "grace@example.com"]);
    for (const search of ["Lovelace@Ex", "countess", "Ada Love"]) {
      const found = (await files.post("/guests/search", { search })).body["items"] as unknown[];
      expect(found.length, search).to.equal(search === "Ada Love" ? 0 : 1);
    }
  });

  it("learns from neither the link nor the mail to its sponsor how another application wrote the address", async () => {
    await admin.patch("/applications/files", { initiate_login_uri: "https://app.example/start" });
    await invite(other, "Ada.Lovelace@Example.com");
    const { id, link } = await invite(files, "ada.lovelace@example.com", { sponsor_email: "charles@example.org" });
    const browser = guestpass.browser();
    const { location } = await browser.request(String(link));
    expect(new URL(location).searchParams.get("login_hint")).to.equal("ada.lovelace@example.com");
    await files.post(`/invitations/${id}/revoke`);
    await browser.submit(await browser.open(String(link)), "/ask", {});
    const [mail] = await guestpass.mail.wait("charles@example.org");
    expect(mail?.parsed.text).to.contain("ada.lovelace@example.com");
    expect(`${mail?.parsed.subject} ${mail?.parsed.text} ${mail?.parsed.html}`).not.to.contain("Ada.Lovelace");
  });

  it("learns who a guest is once the guest has come to it, and still not what others noted or what happens elsewhere", async () => {
    const { body: known } = await admin.post("/guests", { email: "ada@example.com", name: "Ada Lovelace", notes: "VIP" });
    await invite(files, "ada@example.com");
    await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(filesApplication), "ada@example.com");
    const { body } = await files.get(`/guests/${known["sub"]}`);
    expect(body).to.include({ state: "active", name: "Ada Lovelace", email: "ada@example.com", notes: null, verified_at: null });
    expect(body).not.to.have.property("aliases");
  });

  it("cannot distinguish a suspended guest it has not met from anybody else", async () => {
    const { body: known } = await admin.post("/guests", { email: "ada@example.com" });
    await admin.post(`/guests/${known["sub"]}/suspend`, { reason: "left" });
    const mails = guestpass.mail.mails.length;
    const suspended = await files.post("/invitations", { email: "ada@example.com" });
    const unknown = await files.post("/invitations", { email: "grace@example.com" });
    expect(suspended.status).to.equal(201);
    expect(withoutIdentity(suspended.body)).to.deep.equal(withoutIdentity(unknown.body));
    await guestpass.mail.wait("grace@example.com");
    expect(guestpass.mail.to("ada@example.com")).to.deep.equal([]);
    expect(guestpass.mail.mails.length).to.equal(mails + 1);
    await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(filesApplication), "ada@example.com");
    const [mail] = await guestpass.mail.wait("ada@example.com");
    expect(mail?.parsed.text).to.contain("was not invited");
    expect((await admin.post("/invitations", { email: "ada@example.com", client_id: "files" })).status).to.equal(409);
  });

  it("takes the same statements, whether somebody else knows what it asks about or not", async () => {
    const { body: known } = await admin.post("/guests", { email: "ada@example.com" });
    await invite(other, "ada@example.com");
    await files.get("/guests");
    const about = async (work: () => Promise<unknown>) =>
      (await statementsOf(work)).filter(
        (sql) => !comesByTheClock(sql) && /\b(guests|aliases|mailboxes|invitations|merged_guests|alias_search|audit)\b/.test(sql),
      );
    for (const [theirs, nobodys] of [
      [() => files.get(`/guests/${known["sub"]}`), () => files.get("/guests/1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11")],
      [
        () => files.post("/guests/lookup", { addresses: ["ada@example.com"] }),
        () => files.post("/guests/lookup", { addresses: ["no@example.com"] }),
      ],
      [() => files.post("/guests/search", { email: "ada@example.com" }), () => files.post("/guests/search", { email: "no@example.com" })],
    ] as const) {
      expect(await about(theirs)).to.deep.equal(await about(nobodys));
    }
    const forKnown = await about(() => invite(files, "ada@example.com"));
    const forUnknown = await about(() => invite(files, "grace@example.com"));
    expect(Math.abs(forKnown.length - forUnknown.length), `${forKnown.join("\n")}\n\n${forUnknown.join("\n")}`).to.be.at.most(1);
  });

  it("may not ask for what only administrators may know, and finds it out by no cursor", async () => {
    await invite(files, "ada@example.com");
    await invite(files, "grace@example.com");
    for (const filter of [{ state: "active" }, { external_id: "4711" }, { verified_before: "2026-01-01T00:00:00Z" }])
      expect((await files.post("/guests/search", filter)).status).to.equal(403);
    const { next } = (await files.get("/guests?limit=1")).body;
    expect(Buffer.from(String(next), "base64url").toString()).to.match(/^0 [0-9a-f-]{36}$/);
  });
});

/** Without what differs for each: identifiers, the address and the times. */
function withoutIdentity(body: Record<string, unknown>): Record<string, unknown> {
  const differing = ["id", "sub", "email", "link", "created_at", "updated_at", "redeem_by"];
  return Object.fromEntries(Object.entries(body).filter(([name]) => !differing.includes(name)));
}
