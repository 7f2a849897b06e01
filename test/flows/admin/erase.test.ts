import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { databaseKind } from "../../support/databases.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { signedIn } from "../../support/protocol.ts";
import { placesOf } from "../../support/tables.ts";

describe("erasing a guest", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;
  let application: RegisteredApplication;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files } = await startWithAdmin(guestpass));
    application = await guestpass.register("open");
  });
  afterEach(() => guestpass.stop());

  it("leaves no trace of the address in any table, and the audit trail intact", async () => {
    const { db } = guestpass.server.app;
    const sub = await guestpass.addGuest("ada@work.example", { name: "Ada Lovelace" });
    const lost = await guestpass.addGuest("countess@home.example");
    await admin.post(`/guests/${sub}/aliases`, { email: "temporary@work.example" });
    await admin.post(`/guests/${sub}/aliases/rename`, { from: "temporary@work.example", to: "ada.l@work.example" });
    await admin.patch(`/guests/${sub}`, { name: "Lady Lovelace", notes: "ada@work.example likes trains" });
    await files.post("/invitations", { email: "ada@work.example", label: "Plan" }, { "idempotency-key": "ada-1" });
    await files.post("/invitations/bulk", [{ email: "countess@home.example" }, { email: "grace@example.com" }], {
      "idempotency-key": "bulk-1",
    });
    const sponsored = await files.post("/invitations", {
      email: "mary@example.com",
      sponsor_name: "Ada",
      sponsor_email: "Ada@Work.Example",
      message: "Ask me: ada@work.example",
    });
    await guestpass.mail.wait("countess@home.example");
    await signedIn(guestpass, application, { address: "countess@home.example" });
    await admin.post(`/guests/${sub}/merge`, { lost_sub: lost });
    await guestpass.mail.wait("ada@work.example", 2);
    await signedIn(guestpass, application, { address: "ada@work.example" });
    // A sign-in under way, typed in another way, with the address in the request too.
    const request = await guestpass.authorizationRequest(application, { login_hint: "ADA@work.example" });
    await guestpass.askForCode(guestpass.browser(), request, "Ada@Work.example");
    await admin.post(`/guests/${sub}/suspend`, { reason: "ada@work.example asked for it" });
    await admin.post("/audit/verify");
    await guestpass.mail.wait("grace@example.com");
    for (const word of ["ada@work.example", "countess@home.example", "ada.l@work.example", "lovelace"])
      expect(await placesOf(db, word), word).not.to.deep.equal([]);

    expect((await admin.delete(`/guests/${sub}`)).status).to.equal(204);

    for (const word of [
      "ada@work.example",
      "ada.l@work.example",
      "temporary@work.example",
      "countess@home.example",
      "lovelace",
      "asked for it",
    ])
      expect(await placesOf(db, word), word).to.deep.equal([]);
    expect((await admin.post("/audit/verify")).body["outcome"]).to.equal("intact");
    for (const gone of [sub, lost]) expect((await admin.get(`/guests/${gone}`)).status).to.equal(404);
    expect((await admin.post("/guests/search", { search: "lovelace" })).body["items"]).to.deep.equal([]);
    const { items } = (await admin.get(`/audit?sub=${sub}`)).body as { items: { action: string; personal: unknown }[] };
    // The end of the guest's session may come after it.
    expect(items.map(({ action }) => action)).to.include("guest.erased");
    expect(items.filter(({ personal }) => personal !== null)).to.deep.equal([]);
    expect((await files.get(`/invitations/${sponsored.body["id"]}`)).body).to.include({
      email: "mary@example.com",
      sponsor_email: null,
      sponsor_name: null,
      message: null,
    });
    expect((await admin.get("/guests")).body["items"]).to.have.length(2);
  });

  if (databaseKind === "sqlite") {
    it("removes the trigrams from the search index, whatever became of the guest before", async () => {
      const { db } = guestpass.server.app;
      const inIndex = async () => {
        const rows = (await db("alias_search_data").select("block")) as { block: Buffer }[];
        return rows.some(({ block }) => block.includes("ωμέ"));
      };
      const sub = await guestpass.addGuest("omega@example.com", { name: "Ωμέγα" });
      const lost = await guestpass.addGuest("last@example.com", { name: "Ωμέγα" });
      await admin.post(`/guests/${sub}/aliases`, { email: "ωμέγα@example.com" });
      await admin.post(`/guests/${sub}/aliases/rename`, { from: "omega@example.com", to: "ωμέ@example.com" });
      await admin.post(`/guests/${sub}/merge`, { lost_sub: lost });
      await admin.post(`/guests/${sub}/aliases/remove`, { email: "last@example.com" });
      expect((await admin.post("/guests/search", { search: "μέγα" })).body["items"]).to.have.length(1);
      expect(await inIndex()).to.equal(true);
      expect((await admin.delete(`/guests/${sub}`)).status).to.equal(204);
      expect(await inIndex()).to.equal(false);
      await db.raw("INSERT INTO alias_search (alias_search) VALUES ('integrity-check')");
    });

    it("leaves nothing in the bytes of the database's files either, once the log is swept into it", async () => {
      const file = guestpass.database.url.replace("sqlite:", "");
      const found = async () => {
        const texts = await Promise.all([file, `${file}-wal`].map((each) => readFile(each, "utf8")));
        // The last is a trigram of the search index, which nobody else's address has.
        return ["omega@work.example", "Ωμέγα", "asked for it", "ωμέ"].filter((word) => texts.some((text) => text.includes(word)));
      };
      // Among enough others that pages of tables and indexes split: what moves leaves nothing behind.
      const others = (from: number) => files.post("/invitations/bulk?send_mail=false", toRows(from));
      await others(0);
      const { body } = await admin.post("/guests", { email: "omega@work.example", name: "Ωμέγα" });
      const sub = String(body["sub"]);
      await files.post("/invitations", { email: "omega@work.example", message: "Ωμέγα" }, { "idempotency-key": "omega@work.example" });
      await guestpass.mail.wait("omega@work.example");
      await signedIn(guestpass, application, { address: "omega@work.example" });
      await others(200);
      await admin.post(`/guests/${sub}/suspend`, { reason: "omega@work.example asked for it" });
      await guestpass.server.app.sweep();
      expect(await found()).to.have.length(4);

      expect((await admin.delete(`/guests/${sub}`)).status).to.equal(204);
      await guestpass.server.app.sweep();
      expect(await found()).to.deep.equal([]);
    });
  }

  for (const [recorded, typed] of [
    ["Ärger@work.example", "äRGER@work.example"],
    ["ärger@work.example", "ÄRGER@work.example"],
    ["ada@münchen.example", "ADA@xn--mnchen-3ya.example"],
    ["ada@xn--mnchen-3ya.example", "ada@MÜNCHEN.example"],
    ["élodie.crété@work.example", "Élodie.Crété@Work.Example"],
    ["zoé@work.example", "zoe\u0301@work.example"],
  ] as const) {
    it(`leaves no trace of ${recorded} where it was typed as ${typed}, and what others asked for`, async () => {
      const { db } = guestpass.server.app;
      const sub = await guestpass.addGuest(recorded);
      await files.post("/invitations", { email: "mary@example.com", sponsor_email: typed });
      await guestpass.mail.wait("mary@example.com");
      const ask = async (address: string) =>
        guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application, { login_hint: address }), address);
      await ask(typed);
      await ask("another@work.example");
      await guestpass.mail.wait("another@work.example");
      expect(await placesOf(db, typed)).not.to.deep.equal([]);
      await admin.delete(`/guests/${sub}`);
      for (const word of [recorded, typed, typed.normalize("NFC")]) expect(await placesOf(db, word), word).to.deep.equal([]);
      expect(await placesOf(db, "another@work.example")).to.include("passcodes.address");
    });
  }

  it("deletes waiting mail that names the guest", async () => {
    const { db } = guestpass.server.app;
    guestpass.mail.answer = (recipient) => (recipient.startsWith("sponsor@") ? { code: 451, text: "later" } : undefined);
    const { body } = await files.post("/invitations", {
      email: "ada@work.example",
      sponsor_email: "sponsor@example.com",
      send_mail: false,
    });
    await files.post(`/invitations/${body["id"]}/revoke`);
    const browser = guestpass.browser();
    await browser.submit(await browser.open(String(body["link"])), "/ask");
    expect(await placesOf(db, "ada@work.example")).to.include("outbox.content");
    await admin.delete(`/guests/${body["sub"]}`);
    expect(await placesOf(db, "ada@work.example")).to.deep.equal([]);
  });

  it("leaves the mail of guests whose addresses contain the erased one", async () => {
    guestpass.mail.answer = () => ({ code: 451, text: "later" });
    const others = ["joann@work.example", "jo.ann@work.example", "ann@work.example.org"];
    for (const email of others) await files.post("/invitations", { email });
    const { body } = await files.post("/invitations", { email: "ann@work.example" });
    expect((await admin.delete(`/guests/${body["sub"]}`)).status).to.equal(204);
    const waiting = await guestpass.server.app.outbox.list({ state: "queued" });
    expect(waiting.map(({ recipient }) => recipient).sort()).to.deep.equal(others.sort());
  });

  it("makes the address a stranger's: inviting it again makes a new guest", async () => {
    const sub = await guestpass.addGuest("ada@work.example");
    await admin.delete(`/guests/${sub}`);
    expect((await admin.delete(`/guests/${sub}`)).status).to.equal(404);
    const { body } = await files.post("/invitations", { email: "ada@work.example", send_mail: false });
    expect(body["sub"]).not.to.equal(sub);
  });
});

function toRows(from: number): { email: string; label: string }[] {
  return Array.from({ length: 200 }, (_, index) => ({ email: `guest${from + index}@work.example`, label: "Plan" }));
}
