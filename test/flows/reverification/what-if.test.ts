import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import { AdminApi } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { runWarm } from "../../support/warm-command.ts";

describe("before a stricter period is saved, an administrator sees what it does", () => {
  let guestpass: Guestpass;
  let open: RegisteredApplication;
  let invited: RegisteredApplication;
  let administrator: RegisteredApplication;
  let api: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    open = await guestpass.register("open");
    invited = await guestpass.register("invited", { admission: "invited" });
    administrator = await guestpass.register("console", { policy: { administrator: true } });
    api = new AdminApi(guestpass, administrator);
  });
  afterEach(() => guestpass.stop());

  async function signIn(application: RegisteredApplication, address: string): Promise<string> {
    const request = await guestpass.authorizationRequest(application);
    const tokens = await guestpass.redeem(request, await guestpass.signIn(guestpass.browser(), request, address));
    return tokens.claims()?.sub ?? "";
  }

  async function invite(address: string, reverificationDays: number | null = null): Promise<void> {
    const { app } = guestpass.server;
    const application = await app.applications.read("invited");
    if (!application) throw new Error("not registered");
    const rest = { name: null, locale: null, targetUrl: null, label: null, sponsorName: null, sponsorEmail: null, message: null };
    const dates = { redeemBy: Date.now() + 60 * 86_400_000, accessEndsAt: null };
    await app.invitations.invite(
      { ...rest, ...dates, application, address: parseAddress(address) as Address, reverificationDays, sendMail: false },
      operator,
    );
  }

  async function addStricterGuest(address: string, reverificationDays: number): Promise<void> {
    const { guests } = guestpass.server.app;
    const guest = await guests.findBySub(await guestpass.addGuest(address));
    if (guest) await guests.update(guest, { reverificationDays }, operator);
  }

  it("how many guests are asked now, how many sessions end, and when the others come due: exactly what then happens", async () => {
    await addStricterGuest("strict@example.com", 2);
    await invite("old@example.com");
    await invite("young@example.com");
    await invite("brief@example.com", 8);
    const signedIn = [
      ["open", await signIn(open, "ada@example.com")],
      ["invited", await signIn(invited, "old@example.com")],
      ["invited", await signIn(invited, "brief@example.com")],
      ["open", await signIn(open, "strict@example.com")],
    ];
    await signIn(open, "ada@example.com");
    guestpass.clock.advance({ days: 10 });
    signedIn.push(["open", await signIn(open, "grace@example.com")], ["invited", await signIn(invited, "young@example.com")]);

    const { status, body } = await api.get("/policy/preview?days=7");
    expect(status).to.equal(200);
    expect(body).to.include({ guests_now: 2, sessions_ending: 3 });
    const inSevenDays = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
    expect(body["due"]).to.deep.equal([{ day: inSevenDays, guests: 2 }]);

    const due = async () => {
      const outcomes = signedIn.map(
        async ([clientId, sub]) => (await api.get(`/policy/explain?sub=${sub}&client_id=${clientId}`)).body["outcome"],
      );
      return (await Promise.all(outcomes)).filter((outcome) => outcome === "due").length;
    };
    expect(await due(), "brief and strict, by their own rules").to.equal(2);
    await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
    expect(await due()).to.equal(4);
  });

  it("for one application, whose guests alone are counted", async () => {
    await signIn(open, "ada@example.com");
    await invite("old@example.com");
    await signIn(invited, "old@example.com");
    guestpass.clock.advance({ days: 3 });
    const { body } = await api.get("/policy/preview?days=2&client_id=invited");
    expect(body).to.deep.equal({ guests_now: 1, sessions_ending: 1, due: [] });
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    const due = [{ day: inTwoDays, guests: 1 }];
    const later = await api.get("/policy/preview?days=5&client_id=invited");
    expect(later.body).to.deep.equal({ guests_now: 0, sessions_ending: 0, due });
    expect((await api.get("/policy/preview?days=2&client_id=nobody")).status).to.equal(404);
    expect((await api.get("/policy/preview?days=0")).status).to.equal(400);
  });

  for (const { whose, lists } of [
    { whose: "the application's own", lists: { denyDomains: ["denied.example", "*.partners.example"] } },
    { whose: "another allow list", lists: { allowDomains: ["example.com"] } },
  ]) {
    it(`without those whose domain is refused, though a session of theirs is still there: ${whose}`, async () => {
      const subs: string[] = [];
      for (const address of ["ada@example.com", "mary@denied.example", "joan@eu.partners.example"]) {
        await invite(address);
        subs.push(await signIn(invited, address), await signIn(open, address));
      }
      guestpass.clock.advance({ days: 3 });
      const { app } = guestpass.server;
      await app.sessions.stop();
      for (const clientId of ["open", "invited"]) {
        const application = await app.applications.read(clientId);
        if (application) await app.applications.update(application, { policy: { ...application.policy, ...lists } }, operator);
      }
      const { body } = await api.get("/policy/preview?days=2");
      expect(body).to.include({ guests_now: 1, sessions_ending: 2 });
      const explained = async (sub: string | undefined) => (await api.get(`/policy/explain?sub=${sub}&client_id=invited`)).body;
      expect(await explained(subs[2])).to.include({ outcome: "refused", deadline: null });
      expect((await explained(subs[0]))["outcome"]).to.equal("admitted");
    });
  }

  it("nor of those who are refused everywhere", async () => {
    await signIn(open, "ada@example.com");
    await signIn(open, "mary@denied.example");
    guestpass.clock.advance({ days: 3 });
    const { app } = guestpass.server;
    await app.sessions.stop();
    const forecasts: unknown[] = [];
    for (const lists of [{ denyDomains: ["denied.example"] }, { denyDomains: [], allowDomains: ["example.com", "*.denied.example"] }]) {
      await app.settings.update(lists, operator);
      forecasts.push((await api.get("/policy/preview?days=2")).body["guests_now"]);
    }
    expect(forecasts).to.deep.equal([1, 1]);
  });

  it("and which rule decides for each guest, and until when", async () => {
    await invite("ada@example.com", 5);
    const sub = await signIn(invited, "ada@example.com");
    const { body } = await api.get(`/policy/explain?sub=${sub}&client_id=invited`);
    expect(body["outcome"]).to.equal("admitted");
    expect(body["deadline"]).to.include({ decided_by: "invitation", days: 5 });
    expect(body["proofs"]).to.have.length(1);
    guestpass.clock.advance({ days: 6 });
    api = new AdminApi(guestpass, administrator);
    expect((await api.get(`/policy/explain?sub=${sub}&client_id=invited`)).body["outcome"]).to.equal("due");
    const other = new AdminApi(guestpass, await guestpass.register("other"));
    expect((await other.get(`/policy/explain?sub=${sub}&client_id=invited`)).status).to.equal(403);
  });

  it("at the command line too, where a change shows its consequences first and asks", async function () {
    this.timeout(300_000);
    await signIn(open, "ada@example.com");
    // The command line has the real time: here the proof is older, not the clock later.
    await guestpass.server.app.db("mailboxes").update({ verified_at: Date.now() - 2 * 3_600_000 });
    const run = (...args: string[]) => runWarm(["policy", ...args], guestpass.settings);
    const unsure = await run("set", "--app", "open", "--days", "0.04");
    expect(unsure.stdout).to.contain("have to prove a mailbox again now: 1. Sessions that end now: 1.");
    expect(unsure.stderr).to.contain("--yes");
    expect((await guestpass.server.app.applications.read("open"))?.policy.reverificationDays).to.equal(null);
    expect((await run("set", "--app", "open", "--days", "14", "--yes")).code).to.equal(0);
    expect((await run("explain", "ada@example.com", "open")).stdout).to.contain("decided by the rule of the application, 14 days.");
    for (const days of ["0", "0.03", "-1", "1e-9"])
      expect((await run("preview", "--days", days)).stderr, days).to.equal("--days must be 0.04 or more.\n");
    expect((await run("set", "--days", "1")).stderr).to.contain("Guests of every application will have to prove their mailbox every day. ");
  });

  it("and is told in words which rule decides, or why a guest is not let in", async function () {
    this.timeout(300_000);
    const { app } = guestpass.server;
    await app.settings.update({ reverificationDays: 1 }, operator);
    const sub = await signIn(open, "ada@example.com");
    const explain = async (who: string, clientId: string) =>
      (await runWarm(["policy", "explain", who, clientId], guestpass.settings)).stdout.split("\n", 1)[0];
    expect(await explain("ada@example.com", "open")).to.match(
      /^ada@example\.com at open: let in until \S+Z, decided by the rule of the settings, 1 day\.$/,
    );
    expect(await explain(sub, "invited")).to.equal(
      "ada@example.com at invited: not let in, because the guest has no live invitation to an address that may sign in there.",
    );
    await app.db("mailboxes").update({ verified_at: Date.now() - 2 * 86_400_000 });
    expect(await explain(sub, "open")).to.match(
      /: a mailbox has had to be proven again since \S+Z, decided by the rule of the settings, 1 day\.$/,
    );
    await guestpass.addGuest("new@example.com");
    expect(await explain("new@example.com", "open")).to.equal("new@example.com at open: a mailbox must be proven first.");
    await app.admin("updateGuest", { params: { sub }, body: { expires_at: "2026-01-01T00:00:00Z" } });
    expect(await explain(sub, "open")).to.match(/: not let in, because the guest's record ended at 2026-01-01T00:00:00\.000Z\.$/);
    await app.guests.suspend(sub, "left", operator);
    expect(await explain(sub, "open")).to.match(/: not let in, because the guest is suspended\.$/);
  });
});
