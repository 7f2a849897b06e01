// The list of guests, filtered: by when their proof comes due, and however few or many are found.
import { expect } from "chai";
import { list } from "../../../src/guests/guest-search-store.ts";
import type { GuestFilter, Place } from "../../../src/guests/guests.ts";
import { AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { signedIn } from "../../support/protocol.ts";

const day = 86_400_000;

interface Listed {
  email: string;
  deadline?: { at: string; decided_by: string; days: number };
}

describe("the list of guests", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: RegisteredApplication;
  let other: RegisteredApplication;
  let administrator: RegisteredApplication;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    const started = await startWithAdmin(guestpass);
    admin = started.admin;
    ({ files, other, administrator } = started.applications);
    // Without it no application is open to everybody.
    await admin.patch("/applications/console", { admission: "invited" });
  });
  afterEach(() => guestpass.stop());

  const invite = async (email: string, clientId: string, more: object = {}) =>
    (await admin.post("/invitations", { email, client_id: clientId, send_mail: false, ...more })).body as { sub: string };
  const inDays = (days: number) => new Date(guestpass.clock.now() + days * day).toISOString();
  /** Every page of two, one after the other. */
  async function everyPage(filter: object): Promise<Listed[]> {
    const all: Listed[] = [];
    let cursor: string | null | undefined;
    do {
      const { status, body } = await admin.post("/guests/search", { ...filter, limit: 2, ...(cursor ? { cursor } : {}) });
      expect(status, JSON.stringify(body)).to.equal(200);
      all.push(...(body["items"] as Listed[]));
      cursor = body["next"] as string | null;
    } while (cursor);
    return all;
  }
  const due = async (filter: object) => (await everyPage(filter)).map(({ email, deadline }) => [email, deadline?.decided_by]);

  it("by deadline: who has to prove a mailbox again before then, and which rule decides", async () => {
    await admin.patch("/settings", { reverification_days: 30 });
    await admin.patch("/applications/other", { reverification_days: 14 });
    const guests: [string, RegisteredApplication, object][] = [
      ["settings@example.com", files, {}],
      ["application@example.com", other, {}],
      ["invitation@example.com", files, { reverification_days: 10 }],
      ["ends@example.com", files, { access_ends_at: inDays(3) }],
      ["guest@example.com", files, {}],
      ["suspended@example.com", other, {}],
      ["revoked@example.com", other, {}],
    ];
    for (const [email, application, more] of guests) {
      const { sub } = await invite(email, application.clientId, more);
      await signedIn(guestpass, application, { address: email });
      if (email.startsWith("guest")) await admin.patch(`/guests/${sub}`, { reverification_days: 7 });
      if (email.startsWith("suspended")) await admin.post(`/guests/${sub}/suspend`, { reason: "left" });
      if (email.startsWith("revoked")) {
        const { body } = await admin.get(`/invitations?sub=${sub}`);
        await admin.post(`/invitations/${(body["items"] as { id: string }[])[0]?.id}/revoke`);
      }
    }
    await invite("never@example.com", "other");

    expect(await due({ due_before: inDays(2) })).to.deep.equal([]);
    const soon = [
      ["guest@example.com", "guest"],
      ["ends@example.com", "invitation-end"],
    ];
    expect(await due({ due_before: inDays(8) })).to.deep.equal(soon);
    const later = [soon[0], soon[1], ["invitation@example.com", "invitation"], ["application@example.com", "application"]];
    expect(await due({ due_before: inDays(20) })).to.deep.equal(later);
    expect(await due({ due_before: inDays(31) })).to.deep.equal([...later, ["settings@example.com", "settings"]]);
    expect(await due({ due_before: inDays(31), client_id: "other" })).to.deep.equal([["application@example.com", "application"]]);
    expect(await due({ due_before: inDays(31), state: "active", search: "invit" })).to.deep.equal([
      ["invitation@example.com", "invitation"],
    ]);
    const { body } = await admin.get(`/guests?due_before=${encodeURIComponent(inDays(8))}&limit=1`);
    expect((body["items"] as Listed[])[0]?.deadline).to.include({ decided_by: "guest", days: 7 });

    await admin.patch("/settings", { reverification_days: 1 });
    expect((await due({ due_before: inDays(2) })).map(([, rule]) => rule)).to.deep.equal(Array(5).fill("settings"));
  });

  it("by deadline at an application: the last of its invitations counts, and of an open one the last proof", async () => {
    await guestpass.register("open", { admission: "directory" });
    const { sub } = await invite("ada@work.example", "files");
    await admin.post(`/guests/${sub}/aliases`, { email: "ada@home.example", other_mailbox: true });
    await guestpass.mail.wait("ada@work.example");
    await invite("ada@home.example", "files", { reverification_days: 60 });
    await signedIn(guestpass, files, { address: "ada@work.example" });
    guestpass.clock.advance({ days: 10 });
    admin = new AdminApi(guestpass, administrator);
    await signedIn(guestpass, files, { address: "ada@home.example" });
    for (const [clientId, days] of [
      ["files", 30],
      ["open", 30],
    ] as const) {
      expect(await due({ due_before: inDays(days - 1), client_id: clientId }), clientId).to.deep.equal([]);
      expect(await due({ due_before: inDays(days + 1), client_id: clientId }), clientId).to.deep.equal([["ada@work.example", "settings"]]);
    }
    await admin.patch("/applications/open", { reverification_days: 2 });
    expect(await due({ due_before: inDays(3) })).to.deep.equal([["ada@work.example", "application"]]);
    expect(await due({ due_before: inDays(3), client_id: "files" })).to.deep.equal([]);
  });

  it("with several filters has the guests that match all of them, page by page", async () => {
    for (let index = 0; index < 8; index++) {
      const has = (bit: number) => (index & bit) > 0;
      const email = `guest${index}@${has(1) ? "odd" : "even"}.example`;
      const { sub } = await invite(email, has(2) ? "files" : "other", { sponsor_email: `${has(4) ? "s" : "t"}@example.com` });
      if (has(1)) await admin.post(`/guests/${sub}/aliases`, { email: `alias${index}@home.example`, other_mailbox: has(4) });
      if (has(4)) await admin.post(`/guests/${sub}/suspend`, { reason: "left" });
      if (index < 6) await admin.patch(`/guests/${sub}`, { external_id: has(2) ? "47" : "11", name: has(4) ? "Ada" : "Grace" });
    }
    const filters: Record<string, unknown>[] = [
      { state: "suspended" },
      { state: "invited" },
      { domain: "odd.example" },
      { domain: "home.example" },
      { client_id: "files" },
      { sponsor_email: "s@example.com" },
      { external_id: "47" },
      { email: "guest3@odd.example" },
      { email: "alias5@home.example" },
      { email: "nobody@odd.example" },
      { search: "guest" },
      { search: "ada" },
      { search: "gu" },
      { verified_before: inDays(1) },
      { undeliverable: false },
      { undeliverable: true },
    ];
    const emails = async (filter: object) => (await everyPage(filter)).map(({ email }) => email);
    const alone = await Promise.all(filters.map(emails));
    for (const [at, one] of filters.entries())
      for (const [beside, other] of filters.slice(0, at).entries()) {
        const both = { ...one, ...other };
        if (Object.keys(both).length < 2) continue;
        const expected = alone[at]?.filter((email) => alone[beside]?.includes(email));
        expect(await emails(both), JSON.stringify(both)).to.deep.equal(expected);
      }
  });

  it("by when the record ends: before then, and not ended", async () => {
    for (const [email, days] of [
      ["ended@example.com", 1],
      ["soon@example.com", 5],
      ["later@example.com", 9],
    ] as const)
      await admin.post("/guests", { email, expires_at: inDays(days) });
    await admin.post("/guests", { email: "never@example.com" });
    guestpass.clock.advance({ days: 2 });
    admin = new AdminApi(guestpass, administrator);
    expect((await everyPage({ expires_before: inDays(7) })).map(({ email }) => email)).to.have.members([
      "later@example.com",
      "soon@example.com",
    ]);
    expect((await everyPage({ expires_before: inDays(4) })).map(({ email }) => email)).to.deep.equal(["soon@example.com"]);
    expect((await admin.get("/guests?expires_before=soon")).status).to.equal(400);
  });

  it("has the same guests whether few are found or many, page by page", async () => {
    for (let index = 0; index < 12; index++) {
      guestpass.clock.advance({ seconds: index % 3 });
      await invite(`guest${index}@${index % 2 ? "odd" : "even"}.example`, index % 3 ? "files" : "other", {
        sponsor_email: "s@example.com",
      });
    }
    const { db } = guestpass.server.app;
    for (const { sub } of (await admin.get("/guests?domain=odd.example")).body["items"] as { sub: string }[])
      await admin.patch(`/guests/${sub}`, { expires_at: inDays(3) });
    const ends = { after: guestpass.clock.now(), before: guestpass.clock.now() + 7 * day };
    const filters: GuestFilter[] = [
      { ends },
      { ends, clientId: "files" },
      {},
      { state: "invited" },
      { state: "active" },
      { domain: "odd.example" },
      { clientId: "other" },
      { clientId: "files", domain: "even.example", state: "invited" },
      { sponsorKey: "s@example.com" },
      { search: "guest1" },
      { search: "gu", domain: "odd.example" },
      { provenBefore: 1 },
    ];
    for (const filter of filters) {
      const pages = async (few: number, window: number) => {
        const subs: string[] = [];
        let place: Place | undefined;
        do {
          const page = await list(db, filter, 2, place, { few, window });
          expect(page.guests.length).to.be.at.most(2);
          subs.push(...page.guests.map(({ sub }) => sub));
          place = page.next ?? undefined;
        } while (place);
        return subs;
      };
      const expected = (await list(db, filter, 100)).guests.map(({ sub }) => sub);
      if (!filter.state || filter.state === "invited") expect(expected, JSON.stringify(filter)).not.to.deep.equal([]);
      for (const [few, window] of [
        [100, 100],
        [0, 100],
        [0, 3],
        [0, 1],
      ] as const)
        expect(await pages(few, window), `${JSON.stringify(filter)} with ${few} and ${window}`).to.deep.equal(expected);
    }
  });
});
