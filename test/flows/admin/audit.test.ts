import { expect } from "chai";
import { type AuditFilter, type AuditPlace, list as listRows } from "../../../src/audit/audit-search-store.ts";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { signedIn } from "../../support/protocol.ts";

interface Entry {
  action: string;
  actor: string;
  channel: string;
  network: string | null;
  client_id: string | null;
  sub: string | null;
  details: Record<string, unknown>;
  personal: Record<string, unknown> | null;
}

describe("the audit trail", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files } = await startWithAdmin(guestpass));
  });
  afterEach(() => guestpass.stop());

  const list = async (query = "") => (await admin.get(`/audit?limit=500&${query}`)).body["items"] as Entry[];
  const verify = async () => (await admin.post("/audit/verify")).body;
  const guest = async (email: string) => (await admin.post("/guests", { email })).body["sub"] as string;
  const db = () => guestpass.server.app.db;

  it("tells who did what to whom, from where and through what, with before and after", async () => {
    const sub = await guest("ada@example.com");
    await admin.patch(`/guests/${sub}`, { name: "Ada" });
    await admin.patch(`/guests/${sub}`, { name: "Lady Ada" });
    await files.post("/invitations", { email: "ada@example.com", send_mail: false });
    await admin.patch("/settings", { reverification_days: 7 });
    const open = await guestpass.register("open");
    await signedIn(guestpass, open, { address: "grace@example.com" });
    const [updated] = await list("action=guest.updated");
    expect(updated).to.deep.include({ actor: "application:console", channel: "api", network: "127.0.0.0/24", sub });
    expect(updated?.personal).to.deep.equal({ before: { name: "Ada" }, after: { name: "Lady Ada" } });
    const [invited] = await list("client_id=files&action=invitation.created");
    expect(invited).to.include({ actor: "application:files", sub });
    const [settings] = await list("action=settings.updated");
    expect(settings?.details["after"]).to.include({ reverification_days: 7 });
    const signIns = (await list("client_id=open")).map(({ action }) => action);
    expect(signIns).to.include.members(["sign-in.code-asked", "sign-in.proven", "application.added"]);
    expect((await list(`sub=${sub}`)).map(({ action }) => action)).to.deep.equal([
      "invitation.created",
      "guest.updated",
      "guest.updated",
      "guest.recorded",
    ]);
  });

  it("with several filters has the rows that match all of them, however few are looked at for a page", async () => {
    const lost = await guest("countess@example.com");
    const sub = await guest("ada@example.com");
    for (const api of [admin, files, admin]) {
      guestpass.clock.advance({ seconds: 1 });
      await api.post("/invitations", { email: "ada@example.com", client_id: "files", send_mail: false });
      await admin.patch(`/guests/${lost}`, { notes: "once more" });
    }
    await admin.post(`/guests/${sub}/merge`, { lost_sub: lost });
    const end = { at: Number.MAX_SAFE_INTEGER, id: "" };
    const { rows: all } = await listRows(db(), end, {}, 100);
    const middle = all[4]?.at ?? 0;
    const filters: [AuditFilter, (row: (typeof all)[number]) => boolean][] = [
      [{}, () => true],
      [{ action: "guest.updated" }, ({ action }) => action === "guest.updated"],
      [{ clientId: "files" }, ({ clientId }) => clientId === "files"],
      [{ clientId: "files", actor: "application:files" }, (row) => row.clientId === "files" && row.actor === "application:files"],
      [{ guestSub: sub }, ({ guestSub }) => guestSub === sub || guestSub === lost],
      [{ guestSub: sub, action: "guest.updated" }, ({ action }) => action === "guest.updated"],
      [{ since: middle }, ({ at }) => at >= middle],
      [{ until: middle }, ({ at }) => at < middle],
      [
        { since: middle, until: middle + 1, actor: "application:console" },
        (row) => row.at === middle && row.actor === "application:console",
      ],
      [{ actor: "nobody" }, () => false],
    ];
    for (const [filter, holds] of filters)
      for (const window of [100, 3, 1]) {
        const ids: string[] = [];
        let place: AuditPlace | null = end;
        do {
          const page: Awaited<ReturnType<typeof listRows>> = await listRows(db(), place, filter, 2, window);
          ids.push(...page.rows.map(({ id }) => id));
          place = page.next;
        } while (place);
        expect(ids, `${JSON.stringify(filter)} with ${window}`).to.deep.equal(all.filter(holds).map(({ id }) => id));
      }
  });

  it("is paged without a gap or a repeat, though it grows, and filtered by time and actor", async () => {
    for (let index = 0; index < 5; index++) await guest(`guest${index}@example.com`);
    const all = (await list("actor=application:console")) as (Entry & { id: string })[];
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body }: { body: Record<string, unknown> } = await admin.get(
        `/audit?actor=application:console&limit=2${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...(body["items"] as { id: string }[]).map(({ id }) => id));
      cursor = body["next"] as string | null;
      await guest(`later${seen.length}@example.com`);
    }
    expect(seen).to.deep.equal(all.map(({ id }) => id));
    const now = encodeURIComponent(new Date(guestpass.clock.now() + 1000).toISOString());
    expect(await list(`since=${now}`)).to.deep.equal([]);
    expect((await list(`until=${now}`)).length).to.be.greaterThan(9);
  });

  it("is intact while nobody tampers with it, and says where its end is", async () => {
    const sub = await guest("ada@example.com");
    const before = await verify();
    expect(before).to.include({ outcome: "intact" });
    await admin.patch(`/guests/${sub}`, { name: "Ada" });
    const after = await verify();
    expect(Number(after["rows"])).to.equal(Number(before["rows"]) + 1);
    expect(after["head"]).to.be.a("string").and.not.to.equal(before["head"]);
  });

  for (const [what, meddle] of Object.entries<(rows: Row[]) => Promise<unknown>>({
    "was changed": (rows) => db()("audit").where({ id: rows[3]?.id }).update({ actor: "operator" }),
    "had its details changed": (rows) => db()("audit").where({ id: rows[3]?.id }).update({ details: '{"state":"active"}' }),
    "was removed": (rows) => db()("audit").where({ id: rows[3]?.id }).delete(),
    "was removed at the end": (rows) =>
      db()("audit")
        .where({ id: rows.at(-1)?.id })
        .delete(),
    "was removed with the record of where the trail ends": async (rows) => {
      await db()("audit")
        .where({ id: rows.at(-1)?.id })
        .delete();
      await db()("audit_head").delete();
    },
    "was moved": async ([, , third, fourth]) => {
      await db()("audit").where({ id: third?.id }).update({ position: -1 });
      await db()("audit").where({ id: fourth?.id }).update({ position: third?.position });
      await db()("audit").where({ id: third?.id }).update({ position: fourth?.position });
    },
    "was added behind the trail's back, sealed": (rows) =>
      db()("audit").insert({ ...rows[3], id: "forged", position: rows.length + 1, chain_hash: "forged" }),
    "was added behind the trail's back, to be sealed": (rows) => db()("audit").insert({ ...rows[3], id: "forged", position: null }),
    "had its personal part changed": () => db()("audit_personal").update({ personal: '{"before":{},"after":{"name":"Eve"}}' }),
    "was cut off at the end, and the head set back": async (rows) => {
      const last = rows.at(-3) as Row & { chain_hash: string };
      await db()("audit").where("position", ">", last.position).delete();
      await db()("audit_head").update({ position: last.position, chain_hash: last.chain_hash });
    },
    "went with all the others, and the head was set back to nothing": async () => {
      await db()("audit_personal").delete();
      await db()("audit").delete();
      await db()("audit_head").update({ position: 0, chain_hash: "", seal: "" });
    },
    "had its personal part given to another guest": async () => {
      const subs: string[] = await db()("guests").pluck("sub");
      const [held] = await db()("audit_personal").whereNotNull("guest_sub").pluck("guest_sub");
      await db()("audit_personal")
        .where({ guest_sub: held })
        .update({ guest_sub: subs.find((sub) => sub !== held) });
    },
    "had its personal part removed, though its guest is not erased": () => db()("audit_personal").delete(),
  })) {
    it(`tells when a row ${what}`, async () => {
      const sub = await guest("ada@example.com");
      await admin.patch(`/guests/${sub}`, { name: "Ada" });
      await guest("grace@example.com");
      expect(await verify()).to.include({ outcome: "intact" });
      await meddle((await db()("audit").orderBy("position")) as Row[]);
      const { outcome, position, why } = await verify();
      expect(outcome, String(why)).to.equal("broken");
      expect(position).to.be.a("number");
    });
  }

  it("tells when the whole of it was put back, as long as the process remembers how long it was", async () => {
    await guest("ada@example.com");
    await verify();
    const old = { rows: await db()("audit"), head: await db()("audit_head").first() };
    await guest("grace@example.com");
    const { rows } = await verify();
    await db()("audit_personal").delete();
    await db()("audit").delete();
    await db()("audit").insert(old.rows);
    await db()("audit_head").update(old.head);
    expect(await verify()).to.deep.include({ outcome: "broken", why: `the trail was put back to an earlier state: it had ${rows} rows` });
  });

  it("has its rows sealed within a second, and is no longer once its head is not the one that was sealed", async () => {
    await guest("ada@example.com");
    await eventually("all are sealed", async () => (await db()("audit").whereNull("position")).length === 0, 2);
    await db()("audit_head").update({ seal: "forged" });
    await guest("grace@example.com");
    expect(await verify()).to.include({ outcome: "broken" });
    expect(await db()("audit").whereNull("position"), "nothing is built upon it").to.not.deep.equal([]);
  });

  it("erases a guest's personal part, whoever it was given to", async () => {
    const sub = await guest("ada@example.com");
    await admin.patch(`/guests/${sub}`, { name: "Ada" });
    const ids: string[] = await db()("audit").where({ guest_sub: sub }).pluck("id");
    await db()("audit_personal").whereIn("audit_id", ids).update({ guest_sub: null });
    expect((await admin.delete(`/guests/${sub}`)).status).to.equal(204);
    expect(await db()("audit_personal").whereIn("audit_id", ids)).to.deep.equal([]);
  });

  it("can still be read where a row was tampered with and cannot be parsed, and its guest erased", async () => {
    const sub = await guest("ada@example.com");
    await admin.post(`/guests/${sub}/aliases`, { email: "ada@home.example" });
    await db()("audit").where({ guest_sub: sub }).update({ details: "{" });
    await db()("audit_personal").where({ guest_sub: sub }).update({ personal: "[" });
    const rows = (await admin.get(`/audit?sub=${sub}&action=alias.added`)).body["items"] as Record<string, unknown>[];
    expect(rows.map(({ details, personal }) => [details, personal])).to.deep.equal([[{ unreadable: "{" }, { unreadable: "[" }]]);
    expect((await admin.delete(`/guests/${sub}`)).status).to.equal(204);
  });

  it("tells when a row was changed before it was sealed", async () => {
    await guestpass.server.app.audit.stop();
    await verify();
    await guest("ada@example.com");
    await db()("audit").whereNull("position").update({ actor: "operator" });
    expect(await verify()).to.include({
      outcome: "broken",
      why: "a row was changed before it was sealed, or was not written by Guestpass",
    });
  });

  it("stays intact while guests are erased and rows are written", async () => {
    const subs = await Promise.all(Array.from({ length: 6 }, (_, index) => guest(`guest${index}@example.com`)));
    for (const sub of subs) await admin.patch(`/guests/${sub}`, { name: "Somebody" });
    const outcomes = await Promise.all([
      ...subs.map((sub) => admin.delete(`/guests/${sub}`)),
      verify(),
      verify(),
      guest("new@example.com"),
      verify(),
    ]);
    expect(outcomes.filter((each) => (each as { outcome?: string }).outcome === "broken")).to.deep.equal([]);
    expect(await verify()).to.include({ outcome: "intact" });
  });
});

interface Row {
  id: string;
  position: number;
}
