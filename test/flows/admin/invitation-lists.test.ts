// The lists of invitations, and of an application's own guests: the same whether few are found or many, page by page.
import { expect } from "chai";
import { day } from "../../../src/clock.ts";
import { type InvitationFilter, type InvitationPlace, list } from "../../../src/invitations/invitation-search-store.ts";
import type { InviteeFilter } from "../../../src/invitations/invitee.ts";
import { list as listInvitees } from "../../../src/invitations/invitee-store.ts";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("the lists of invitations and of an application's guests", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let subs: string[];

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin } = await startWithAdmin(guestpass));
    subs = [];
    for (let index = 0; index < 12; index++) {
      guestpass.clock.advance({ seconds: index % 3 });
      const email = `guest${index % 8}@${index % 2 ? "odd" : "even"}.example`;
      const { body } = await admin.post("/invitations", {
        email,
        client_id: index % 3 ? "files" : "other",
        target_url: `https://app.example/${index}`,
        sponsor_email: `${index % 5 ? "s" : "T"}@example.com`,
        send_mail: false,
        redeem_by: new Date(guestpass.clock.now() + (index + 1) * day).toISOString(),
        ...(index % 3 === 1 ? { access_ends_at: new Date(guestpass.clock.now() + 4 * day).toISOString() } : {}),
      });
      subs.push(String(body["sub"]));
      if (index % 4 === 1) await admin.post(`/invitations/${body["id"]}/revoke`);
    }
  });
  afterEach(() => guestpass.stop());

  it("have the invitations that match all of several filters", async () => {
    const { db } = guestpass.server.app;
    const now = guestpass.clock.now();
    const all = (await list(db, {}, 100, now)).invitations;
    const filters: [InvitationFilter, (each: (typeof all)[number]) => boolean][] = [
      [{}, () => true],
      [
        { endsBefore: now + 6 * day },
        ({ revokedAt, redeemBy, accessEndsAt }) => revokedAt === null && Math.min(redeemBy, accessEndsAt ?? Infinity) < now + 6 * day,
      ],
      [{ endsBefore: now, state: "pending" }, () => false],
      [{ clientId: "files" }, ({ clientId }) => clientId === "files"],
      [{ state: "revoked" }, ({ revokedAt }) => revokedAt !== null],
      [{ state: "redeemed" }, () => false],
      [{ sponsorKey: "s@example.com" }, ({ sponsorEmail }) => sponsorEmail === "s@example.com"],
      [{ sponsorKey: "t@example.com", state: "pending" }, ({ sponsorEmail, revokedAt }) => sponsorEmail === "T@example.com" && !revokedAt],
      [{ guestSub: subs[1] as string, clientId: "other" }, ({ guestSub, clientId }) => guestSub === subs[1] && clientId === "other"],
      [{ addressKey: "guest2@even.example", state: "pending" }, ({ guestSub, revokedAt }) => guestSub === subs[2] && !revokedAt],
      [{ addressKey: "nobody@even.example" }, () => false],
      [
        { clientId: "files", state: "revoked", sponsorKey: "s@example.com" },
        (each) => each.clientId === "files" && each.revokedAt !== null && each.sponsorEmail === "s@example.com",
      ],
    ];
    for (const [filter, holds] of filters)
      for (const [few, window] of [
        [100, 100],
        [0, 100],
        [0, 3],
        [0, 1],
      ] as const) {
        const ids: string[] = [];
        let place: InvitationPlace | undefined;
        do {
          const page = await list(db, filter, 2, now, place, { few, window });
          expect(page.invitations.length).to.be.at.most(2);
          ids.push(...page.invitations.map(({ id }) => id));
          place = page.next ?? undefined;
        } while (place);
        expect(ids, `${JSON.stringify(filter)} with ${few} and ${window}`).to.deep.equal(all.filter(holds).map(({ id }) => id));
      }
  });

  it("have the application's guests with one invitation that matches every filter", async () => {
    const { db } = guestpass.server.app;
    const invited = (holds: (index: number) => boolean) => [...new Set(subs.filter((_sub, index) => index % 3 && holds(index)))].sort();
    const filters: [InviteeFilter, (index: number) => boolean][] = [
      [{}, () => true],
      [{ domain: "odd.example" }, (index) => index % 2 === 1],
      [{ search: "guest1" }, (index) => index % 8 === 1],
      [{ search: "%" }, () => false],
      [{ sponsorKey: "t@example.com" }, (index) => index % 5 === 0],
      [
        { sponsorKey: "s@example.com", domain: "even.example", search: "GUEST2".toLowerCase() },
        (index) => index % 5 > 0 && index % 8 === 2,
      ],
      [{ addressKey: "guest4@even.example" }, (index) => index % 8 === 4],
      [{ addressKey: "guest4@even.example", sponsorKey: "t@example.com" }, () => false],
      [{ addressKey: "guest3@odd.example", domain: "odd.example" }, (index) => index % 8 === 3],
    ];
    for (const [filter, holds] of filters)
      for (const window of [100, 3, 1]) {
        const found: string[] = [];
        let after: string | null = "";
        do {
          const page: Awaited<ReturnType<typeof listInvitees>> = await listInvitees(db, "files", filter, 2, after, window);
          found.push(...page.invitees.map(({ sub }) => sub));
          after = page.next;
        } while (after !== null);
        expect(found, `${JSON.stringify(filter)} with ${window}`).to.deep.equal(invited(holds));
      }
  });
});
