// What the credentials of one application can find out about guests, invitations and applications that are not its own: nothing.
import { expect } from "chai";
import { type AdminApi, type ApiAnswer, startWithAdmin } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { statementsOf } from "../../support/statements.ts";

describe("an application's credentials against what is not its own", () => {
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

  it("sees neither guests nor invitations of another application, by no path", async () => {
    const { id, sub } = await invite(other, "ada@example.com", { label: "secret plan" });
    for (const [method, path, json] of [
      ["GET", "/guests/ID"],
      ["GET", "/invitations/ID"],
      ["PATCH", "/invitations/ID", { redeem_by: "2099-01-01T00:00:00Z" }],
      ["POST", "/invitations/ID/resend"],
      ["POST", "/invitations/ID/revoke"],
    ] as const) {
      const theirs = await files.send(method, path.replace("ID", String(path.startsWith("/guests") ? sub : id)), { json });
      const nobodys = await files.send(method, path.replace("ID", "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11"), { json });
      expect(told(theirs), path).to.deep.equal(told(nobodys));
      expect(theirs.status, path).to.equal(404);
    }
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

  it("learns who a guest is once the guest has come to it, and still not what others noted or what happens elsewhere", async () => {
    const { body: known } = await admin.post("/guests", { email: "ada@example.com", name: "Ada Lovelace", notes: "VIP" });
    await invite(files, "ada@example.com");
    await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(filesApplication), "ada@example.com");
    const { body } = await files.get(`/guests/${known["sub"]}`);
    expect(body).to.include({ state: "active", name: "Ada Lovelace", email: "ada@example.com", notes: null, verified_at: null });
    expect(body).not.to.have.property("aliases");
  });

  it("cannot tell a suspended guest whom it has not met from anybody else", async () => {
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
    // Of what the server does in the background, nothing touches these.
    const about = async (work: () => Promise<unknown>) =>
      (await statementsOf(work)).filter((sql) => /\b(guests|aliases|mailboxes|invitations|merged_guests|alias_search|audit)\b/.test(sql));
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

  it("may not ask for what only an administrator knows, and finds it out by no cursor", async () => {
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
