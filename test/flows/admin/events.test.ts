import { expect } from "chai";
import { type Audit, operator } from "../../../src/audit/audit.ts";
import { transaction } from "../../../src/database/database.ts";
import { Events } from "../../../src/events/events.ts";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { databaseKind } from "../../support/databases.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { signedIn } from "../../support/protocol.ts";

interface Told {
  id: string;
  type: string;
  sub: string | null;
  client_id: string | null;
  invitation: string | null;
  lost_sub: string | null;
  applications: string[] | null;
}

describe("what happens is followed in order", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;
  let other: AdminApi;
  let applications: Record<"files" | "other", RegisteredApplication>;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files, other, applications } = await startWithAdmin(guestpass));
  });
  afterEach(() => guestpass.stop());

  /** Everything that there is to read, in pages of so many. */
  async function follow(api: AdminApi, after = "", limit = 100): Promise<{ told: Told[]; next: string }> {
    const told: Told[] = [];
    for (let at = after, more = true; ; ) {
      const { status, body } = await api.get(`/events?limit=${limit}${at && `&after=${at}`}`);
      expect(status).to.equal(200);
      told.push(...(body["items"] as Told[]));
      at = (body["next"] as string | null) ?? "";
      more = body["more"] as boolean;
      if (!more) return { told, next: at };
    }
  }
  const types = ({ told }: { told: Told[] }) => told.map(({ type }) => type);
  const invite = async (api: AdminApi, email: string) => (await api.post("/invitations", { email, send_mail: false })).body;
  const enter = (application: RegisteredApplication, address: string) => signedIn(guestpass, application, { address });

  it("by an administrator's client: each once, in pages, with identifiers and nothing personal", async () => {
    const { next: start } = await follow(admin);
    const { sub, id } = await invite(files, "ada@example.com");
    await admin.patch(`/guests/${sub}`, { name: "Ada Lovelace" });
    await enter(applications.files, "ada@example.com");
    await admin.post(`/guests/${sub}/suspend`, { reason: "left the partner company" });
    await admin.patch("/settings", { reverification_days: 7 });
    const { told, next } = await follow(admin, start, 2);
    expect(types({ told })).to.deep.equal([
      "guest.recorded",
      "invitation.created",
      "guest.updated",
      "invitation.redeemed",
      "sign-in.proven",
      "session.ended",
      "guest.suspended",
      "settings.updated",
    ]);
    expect(told[3]).to.include({ sub, client_id: "files", invitation: id });
    expect(told[5]?.applications).to.deep.equal(["files"]);
    expect(JSON.stringify(told)).not.to.match(/ada@|Lovelace|partner/);
    expect((await follow(admin, next)).told).to.deep.equal([]);
  });

  it("by an application: of its own guests alone", async () => {
    await follow(files);
    const ada = await invite(files, "ada@example.com");
    await invite(other, "ada@example.com");
    await invite(other, "grace@example.com");
    await enter(applications.files, "ada@example.com");
    await enter(applications.other, "grace@example.com");
    await admin.delete(`/guests/${ada["sub"]}/sessions`);
    await admin.post(`/guests/${ada["sub"]}/suspend`, { reason: "left" });
    const { told } = await follow(files, "", 2);
    expect(types({ told })).to.deep.equal([
      "invitation.created",
      "invitation.redeemed",
      "sign-in.proven",
      "session.ended",
      "guest.suspended",
    ]);
    for (const each of told) expect(each).to.include({ sub: ada["sub"], client_id: "files", applications: null });
    expect(types(await follow(other)), "a guest who was invited and never came: nothing that a sign-in would not tell").to.deep.equal([
      "invitation.created",
      "invitation.created",
      "invitation.redeemed",
      "sign-in.proven",
    ]);
  });

  it("by an application that has a sub which is merged away, and then erased", async () => {
    const { sub: lost } = await invite(files, "ada@example.com");
    const { sub } = await invite(other, "countess@example.com");
    await admin.post(`/guests/${sub}/merge`, { lost_sub: lost });
    await admin.delete(`/guests/${sub}`);
    const { told } = await follow(files);
    expect(types({ told })).to.deep.equal(["invitation.created", "guest.merged", "guest.erased"]);
    expect(told[1]).to.include({ sub, lost_sub: lost });
    expect(told[2]).to.include({ sub });
    expect(types(await follow(other)), "the sub that it has is the same").to.deep.equal(["invitation.created", "guest.erased"]);
  });

  it("from now on, and not what others do: an application's place moves with its own events", async () => {
    await invite(files, "ada@example.com");
    const { body } = await files.get("/events?after=latest");
    expect(body).to.deep.include({ items: [], more: false });
    const place = String(body["next"]);
    await invite(other, "grace@example.com");
    expect(await follow(files, place)).to.deep.equal({ told: [], next: place });
    await invite(files, "grace@example.com");
    expect(types(await follow(files, place))).to.deep.equal(["invitation.created"]);
  });

  it("and is told when its place is missing from a restored database", async () => {
    const { status, body } = await files.get("/events?after=5b1c0a3e-7f0e-4b7e-9c55-0a1b2c3d4e5f");
    expect(status).to.equal(404);
    expect(body["detail"]).to.match(/restored from a backup/);
  });

  const record = (note: string) => ({ action: "guest.updated" as const, by: operator, guestSub: note });
  const parts = () => {
    const { db } = guestpass.server.app;
    const audit = (guestpass.server.app as unknown as { audit: Audit }).audit;
    return { db, audit, events: new Events({ db, audit }) };
  };

  if (databaseKind === "postgres")
    it("though the transaction that began first ends last: what was read stays before it, and it is read", async () => {
      const { db, audit, events } = parts();
      const start = (await events.read({ limit: 500 }))?.next as string;
      let end = () => {};
      const gate = new Promise<void>((resolve) => (end = resolve));
      let begun = () => {};
      const recorded = new Promise<void>((resolve) => (begun = resolve));
      const first = transaction(db, async (trx) => {
        await audit.record(trx, record("first"));
        begun();
        await gate;
      });
      await recorded;
      guestpass.clock.advance({ seconds: 1 });
      await transaction(db, (trx) => audit.record(trx, record("second")));
      const before = await events.read({ after: start, limit: 500 });
      expect(before?.events.map(({ sub }) => sub)).to.deep.equal(["second"]);
      end();
      await first;
      const after = await events.read({ after: before?.next as string, limit: 500 });
      expect(after?.events.map(({ sub }) => sub)).to.deep.equal(["first"]);
    });

  it("by a reader who misses nothing and hears nothing twice while many write, and several processes give out places", async () => {
    const { db, audit, events } = parts();
    const sealer = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer }, { on: guestpass });
    const start = (await events.read({ limit: 500 }))?.next as string;
    const writers = 8;
    const each = 25;
    let writing = writers;
    const write = async (writer: number) => {
      for (let n = 0; n < each; n++) await transaction(db, (trx) => audit.record(trx, record(`${writer}-${n}`)));
      writing--;
    };
    const sealing = async () => {
      while (writing > 0) await sealer.server.app.events.sealed();
    };
    const read: string[] = [];
    const reading = async () => {
      for (let place = start, done = false; !done; ) {
        done = writing === 0;
        const page = await events.read({ after: place, limit: 7 });
        read.push(...(page?.events ?? []).map(({ sub }) => sub as string));
        place = page?.next as string;
        if (page?.more) done = false;
      }
    };
    await Promise.all([...Array.from({ length: writers }, (_, writer) => write(writer)), sealing(), reading()]);
    await sealer.server.close();
    expect(read).to.have.length(writers * each);
    expect(new Set(read)).to.have.property("size", writers * each);
    for (let writer = 0; writer < writers; writer++)
      expect(
        read.filter((note) => note.startsWith(`${writer}-`)),
        "what one wrote after the other is in that order",
      ).to.deep.equal(Array.from({ length: each }, (_, n) => `${writer}-${n}`));
  });

  it("though the process that recorded it was killed before it gave it a place", async () => {
    const { audit, events, db } = parts();
    const start = (await events.read({ limit: 500 }))?.next as string;
    await audit.stop();
    await transaction(db, (trx) => audit.record(trx, record("last words")));
    const page = await events.read({ after: start, limit: 500 });
    expect(page?.events.map(({ sub }) => sub)).to.deep.equal(["last words"]);
  });
});
