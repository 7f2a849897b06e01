import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { findGuest } from "../../../src/cli/lookups.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import { AdminApi } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

const ada = "ada@example.com";
const day = 86_400_000;

import { unnoted } from "../../support/queued-mail.ts";

describe("a reminder before the mailbox has to be proven again", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let api: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_SESSION_DAYS: "60" });
    guestpass.server.app.sessions.run(20);
    files = await guestpass.register("files", { policy: { reverificationDays: 14 } });
    api = new AdminApi(guestpass, await guestpass.register("console", { policy: { administrator: true } }));
  });
  afterEach(() => guestpass.stop());

  async function signIn(application = files, address = ada) {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, address));
    return { browser, sub: tokens.claims()?.sub ?? "" };
  }

  const remind = async (days: number | null, clientId = "files") => {
    expect((await api.patch(`/applications/${clientId}`, { reminder_days: days })).status).to.equal(200);
  };
  const reminders = (address = ada) => guestpass.mail.to(address).filter(({ parsed }) => parsed.subject?.includes("confirm your mailbox"));
  /** The clock goes on meanwhile: a look that failed, as two changes at once may have it on PostgreSQL, is made again a minute later. */
  const reminded = (count: number, address = ada) =>
    eventually(`${count} reminders to ${address}`, () => {
      guestpass.clock.advance({ seconds: 1 });
      return reminders(address).length === count;
    });

  /** Every session has been looked at since; whoever was to be reminded has been. */
  async function lookedAt(): Promise<void> {
    const { app } = guestpass.server;
    const waiting = () => app.db("oidc_artifacts").where("check_at", "<=", guestpass.clock.now());
    await eventually("no rule waits to be applied", async () => (await app.db("session_checks")).length === 0);
    await eventually("no session is to be looked at", async () => (await waiting()).length === 0);
    // One that is being looked at is finished.
    await app.sessions.stop();
    app.sessions.run(20);
    await eventually("no mail waits", async () => (await app.db("outbox").where({ state: "queued" })).length === 0);
  }

  /** All sessions are looked at once more. */
  async function lookAgain(): Promise<void> {
    await guestpass.server.app.db("oidc_artifacts").whereNotNull("check_at").update({ check_at: 1 });
    await lookedAt();
  }

  it("is not sent unless the application wants it", async () => {
    await signIn();
    guestpass.clock.advance({ days: 13, hours: 23 });
    await lookedAt();
    expect(guestpass.mail.to(ada)).to.have.length(1);
  });

  it("has a link that switches reminders off without a cookie, and on again; opening it changes nothing, and no other mail has one", async () => {
    await remind(2.5);
    const { sub } = await signIn();
    expect(guestpass.mail.to(ada)[0]?.raw).to.not.match(/^List-Unsubscribe/im);
    guestpass.clock.advance({ days: 11, hours: 13 });
    await reminded(1);
    const raw = reminders()[0]?.raw.replace(/\r\n[ \t]+/g, " ") ?? "";
    expect(raw).to.match(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r?$/m);
    const link = /^List-Unsubscribe: <(.*)>\r?$/m.exec(raw)?.[1] as string;
    expect(link)
      .to.match(new RegExp(`^${guestpass.issuer}/reminders/[\\w-]+\\.[\\w-]+$`))
      .and.to.not.match(/ada|example\.com/);
    const { app } = guestpass.server;
    const on = async () => (await app.reminderSwitch.open(app.reminderSwitch.tokenOf(sub)))?.reminders === "on";
    expect(await (await fetch(link)).text()).to.contain("You get reminders");
    expect(await on()).to.equal(true);
    const oneClick = {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "List-Unsubscribe=One-Click",
    };
    for (let time = 0; time < 2; time++) expect((await fetch(link, oneClick)).status).to.equal(200);
    expect(await on()).to.equal(false);
    expect((await fetch(`${link.slice(0, -2)}AA`, oneClick)).status).to.equal(404);
    await app.db("reminders").delete();
    await lookAgain();
    expect(reminders()).to.have.length(1);
    expect((await fetch(link, { ...oneClick, body: "reminders=on" })).status).to.equal(200);
    expect(await on()).to.equal(true);
    await lookAgain();
    await reminded(2);
    const trail = (await app.admin("listAudit", { query: { sub } })).body["items"] as Record<string, unknown>[];
    const switches = trail.filter(({ action }) => String(action).startsWith("guest.reminders-"));
    const by = { actor: `guest:${sub}`, channel: "mail", network: "127.0.0.0/24" };
    expect(switches.map(({ action, actor, channel, network }) => ({ action, actor, channel, network }))).to.deep.equal([
      { action: "guest.reminders-on", ...by },
      { action: "guest.reminders-off", ...by },
    ]);
  });

  it("has a link that says of an erased guest that nothing is sent any more, and is a merged guest's as it was the other's", async () => {
    const { app } = guestpass.server;
    const link = (sub: string) => `${guestpass.issuer}/reminders/${app.reminderSwitch.tokenOf(sub)}`;
    const post = async (sub: string) => {
      const answer = await fetch(link(sub), { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) });
      return { status: answer.status, text: await answer.text() };
    };
    const [erased, survivor, lost] = [
      await guestpass.addGuest(ada),
      await guestpass.addGuest("b@b.example"),
      await guestpass.addGuest("c@c.example"),
    ];
    await post(lost);
    const merged = await app.admin("mergeGuest", { params: { sub: survivor }, body: { lost_sub: lost } });
    expect(merged.status).to.equal(200);
    expect(await (await fetch(link(survivor))).text(), "whoever wanted none gets none").to.contain("You get no reminders");
    await fetch(link(lost), { method: "POST", body: new URLSearchParams({ reminders: "on" }) });
    expect(await (await fetch(link(survivor))).text()).to.contain("You get reminders");

    await app.admin("eraseGuest", { params: { sub: erased } });
    const { status, text } = await post(erased);
    expect(status, "a mail program that unsubscribes has done so").to.equal(200);
    expect(text)
      .to.contain("These reminders have ended")
      .and.not.match(/<button[^>]*primary|not complete|ada@/);
    expect((await fetch(`${link(erased).slice(0, -2)}AA`)).status).to.equal(404);
  });

  it("comes that many days before, once, and says which mailbox, how often, and until when", async () => {
    await remind(2.5);
    const deadline = Date.now() + 14 * day;
    await signIn();
    guestpass.clock.advance({ days: 11, hours: 11 });
    await lookedAt();
    expect(reminders()).to.have.length(0);
    guestpass.clock.advance({ hours: 1, minutes: 1 });
    await reminded(1);
    const text = reminders()[0]?.parsed.text ?? "";
    expect(text).to.contain("asks guests of Application files to confirm their mailbox every 14 days");
    expect(text).to.contain(ada);
    expect(text).to.contain(`${new Date(deadline).getUTCDate()} `);
    expect(text).to.contain(`${guestpass.issuer}/reverification/files`);
    await lookAgain();
    guestpass.clock.advance({ days: 1 });
    await lookAgain();
    expect(reminders()).to.have.length(1);
  });

  it("is told in the audit trail, with the application and the deadline", async () => {
    await remind(2);
    const before = Date.now();
    const { sub } = await signIn();
    guestpass.clock.advance({ days: 12, minutes: 1 });
    await reminded(1);
    const query = { action: "guest.reminded", sub };
    const { items } = (await guestpass.server.app.admin("listAudit", { query })).body as { items: { details: { deadline: number } }[] };
    expect(items).to.have.length(1);
    expect(items[0]).to.include({ client_id: "files", sub, channel: "system" });
    expect(items[0]?.details.deadline).to.be.within(before + 14 * day, Date.now() + 14 * day);
  });

  it("is about the new deadline once the guest has proven the mailbox early, with the link of the reminder", async () => {
    await remind(2);
    const { browser } = await signIn();
    guestpass.clock.advance({ days: 12, minutes: 2 });
    await reminded(1);
    const link = /http\S+\/reverification\/files/.exec(reminders()[0]?.parsed.text ?? "")?.[0] ?? "";
    expect((await browser.open(link)).location).to.equal(`${appOrigin}/`);
    const silent = await guestpass.authorizationRequest(files, { prompt: "none" });
    expect((await browser.open(silent.url)).query, "nothing is due yet").to.have.property("code");
    const page = await browser.open((await guestpass.authorizationRequest(files)).url);
    expect(page.title).to.equal("Please confirm your mailbox");
    const before = guestpass.mail.to(ada).length;
    const asked = await browser.submit(page, "/confirm");
    const answer = await browser.submit(asked, "/passcode", { code: await guestpass.mail.code(ada, before + 1) });
    expect(answer.query).to.have.property("code");
    const again = await browser.open((await guestpass.authorizationRequest(files)).url);
    expect(again.query, "once is enough").to.have.property("code");
    guestpass.clock.advance({ days: 11 });
    await lookedAt();
    expect(reminders()).to.have.length(1);
    guestpass.clock.advance({ days: 1, minutes: 2 });
    await reminded(2);
  });

  it("comes at once where a stricter rule or the reminder itself is set within the time", async () => {
    await signIn();
    guestpass.clock.advance({ days: 12, minutes: 2 });
    await remind(3);
    await reminded(1);
    await guestpass.server.app.settings.update({ reverificationDays: 13 }, operator);
    await reminded(2);
    await guestpass.server.app.settings.update({ reverificationDays: 30 }, operator);
    await lookAgain();
    expect(reminders(), "that deadline was told").to.have.length(2);
  });

  it("does not come to a suspended guest, has signed out, or would be reminded as soon as the code has come back", async () => {
    await remind(2);
    const brief = await guestpass.register("brief", { policy: { reverificationDays: 1, reminderDays: 2 } });
    await signIn(brief, "brief@example.com");
    const { sub } = await signIn(files, "suspended@example.com");
    const out = await signIn(files, "out@example.com");
    await guestpass.server.app.guests.suspend(sub, "left", operator);
    await out.browser.submit(await out.browser.open(`${guestpass.issuer}/session/end`), "/session/end/confirm", { logout: "yes" });
    guestpass.clock.advance({ hours: 23 });
    await lookedAt();
    guestpass.clock.advance({ days: 12, hours: 23 });
    await lookedAt();
    for (const who of ["brief", "suspended", "out"]) expect(guestpass.mail.to(`${who}@example.com`), who).to.have.length(1);
  });

  it("is sent once, however many sessions and instances look at the same moment", async () => {
    await remind(2);
    for (let session = 0; session < 5; session++) await signIn();
    const { app } = guestpass.server;
    await app.sessions.stop();
    guestpass.clock.advance({ days: 12, minutes: 2 });
    const guest = await app.guests.findBySub((await app.guests.list()).guests[0]?.sub ?? "");
    const application = await app.applications.read("files");
    if (!guest || !application) throw new Error("not there");
    const deadline = { at: (guest.provenAt ?? 0) + 14 * day, rule: { source: "application" as const, days: 14 }, end: null };
    await Promise.all(Array.from({ length: 20 }, () => app.reminders.remind(application, guest, [{ address: ada, deadline }])));
    app.sessions.run(20);
    await reminded(1);
    await lookAgain();
    expect(reminders()).to.have.length(1);
  });

  it("leaves after codes and invitations, and not at all when the deadline is over", async () => {
    await remind(2);
    await signIn();
    guestpass.mail.answer = () => ({ code: 451, text: "later" });
    guestpass.clock.advance({ days: 12, minutes: 2 });
    const mail = () => guestpass.server.app.db("outbox").where({ kind: "reverification-reminder" }).first();
    await eventually("it waits", async () => (await mail())?.state === "queued");
    expect((await mail()).priority).to.be.greaterThan(2);
    guestpass.clock.advance({ days: 2 });
    await eventually("it is given up", async () => (await mail())?.state === "expired");
    guestpass.mail.answer = () => undefined;
    expect(await guestpass.server.app.outbox.retry((await mail()).id, unnoted)).to.deep.equal({ outcome: "settled", state: "expired" });
  });

  it("is deleted with its deadline, and with the guest", async () => {
    await remind(2);
    const { sub } = await signIn();
    await signIn(files, "grace@example.com");
    guestpass.clock.advance({ days: 12, minutes: 2 });
    await reminded(1);
    await reminded(1, "grace@example.com");
    const { app } = guestpass.server;
    const guest = await app.guests.findBySub(sub);
    if (guest) await app.lifeCycle.erase(guest, operator);
    expect(await app.db("reminders")).to.have.length(1);
    guestpass.clock.advance({ days: 2, minutes: 1 });
    await app.sweep();
    expect(await app.db("reminders")).to.have.length(0);
  });

  describe("of what was shared by invitation", () => {
    let shared: RegisteredApplication;

    beforeEach(async () => {
      shared = await guestpass.register("shared", { admission: "invited", policy: { reminderDays: 2, reverificationDays: 14 } });
    });

    async function invite(address: string, accessEndsAt: number | null = null): Promise<string> {
      const { app } = guestpass.server;
      const application = await app.applications.read("shared");
      if (!application) throw new Error("not registered");
      const rest = { name: null, locale: null, targetUrl: null, label: null, sponsorName: null, sponsorEmail: null, message: null };
      const dates = { redeemBy: Date.now() + 60 * day, accessEndsAt };
      const invited = await app.invitations.invite(
        { ...rest, ...dates, application, address: parseAddress(address) as Address, reverificationDays: null, sendMail: false },
        operator,
      );
      if (invited.outcome !== "invited") throw new Error(invited.outcome);
      return invited.invitation.id;
    }

    it("goes to the mailbox that is due, though another one is fresh, and its link asks for that one", async () => {
      const home = "ada@home.example";
      await invite(ada);
      const guest = await findGuest(guestpass.server.app, ada);
      await guestpass.server.app.aliases.add(guest, parseAddress(home) as Address, { otherMailbox: true }, operator);
      await guestpass.mail.wait(ada);
      await invite(home);
      const { browser } = await signIn(shared, ada);
      guestpass.clock.advance({ days: 5 });
      await signIn(shared, home);
      guestpass.clock.advance({ days: 7, minutes: 2 });
      await reminded(1);
      await lookAgain();
      expect(reminders(home)).to.have.length(0);
      await browser.open(`${guestpass.issuer}/reverification/shared`);
      const page = await browser.open((await guestpass.authorizationRequest(shared)).url);
      expect(page.text).to.contain("a•••@example.com");
    });

    it("is not sent of an invitation that ends then, is over, or was revoked: no code would help", async () => {
      await invite("ends@example.com", Date.now() + 10 * day);
      const revoked = await invite("revoked@example.com");
      await signIn(shared, "ends@example.com");
      await signIn(shared, "revoked@example.com");
      const invitation = await guestpass.server.app.invitations.find(revoked);
      if (invitation) await guestpass.server.app.invitations.revoke(invitation, operator);
      for (let days = 0; days < 14; days++) {
        guestpass.clock.advance({ days: 1 });
        await lookedAt();
      }
      for (const who of ["ends", "revoked"]) expect(guestpass.mail.to(`${who}@example.com`), who).to.have.length(1);
    });
  });
});
