// The guests' own page: a guest changes name and language, leaves an application, or leaves altogether.
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { enterAccount, inviteQuietly } from "../../support/account.ts";
import { AdminApi } from "../../support/admin.ts";
import type { Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say, sayIn } from "../../support/texts.ts";

describe("what guests change about themselves", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let account: string;
  let browser: Browser;

  afterEach(() => guestpass.stop());

  async function start(settings: Record<string, string> = {}): Promise<void> {
    guestpass = await Guestpass.start({ GUESTPASS_ORGANISATION: "Contoso", ...settings });
    files = await guestpass.register("files", { name: "Project files", admission: "invited" });
    account = `${guestpass.issuer}/account`;
    browser = guestpass.browser();
  }

  const enter = (page?: Parameters<typeof enterAccount>[3]) => enterAccount(guestpass, browser, "ada@example.com", page);

  describe("name and language", () => {
    beforeEach(() => start());

    it("saves both, shows the page in the language, and records it as the guest's own act", async () => {
      const sub = await guestpass.addGuest("ada@example.com", { name: "A. Lovelace" });
      const page = await enter();
      expect(page.document.querySelector("#name")?.getAttribute("value")).to.equal("A. Lovelace");
      const saved = await browser.submit(page, "/known", { name: "Ada Lovelace ", language: "fr" });
      expect(saved.document.querySelector("[role=status]")?.text).to.equal(sayIn("fr")("account.done.saved"));
      const inGerman = saved.document.querySelector(".languages a[lang=de]")?.getAttribute("href") ?? "";
      const switched = await browser.open(new URL(inGerman, saved.url).href);
      expect(switched.document.querySelector("[role=status]")?.text).to.equal(sayIn("de")("account.done.saved"));
      expect(saved.document.querySelector("#name")?.getAttribute("value")).to.equal("Ada Lovelace");
      expect(saved.document.querySelector("#language [selected]")?.getAttribute("value")).to.equal("fr");
      const { guests, audit } = guestpass.server.app;
      expect(await guests.findBySub(sub)).to.include({ name: "Ada Lovelace", locale: "fr" });
      const [entry] = (await audit.list({ guestSub: sub, action: "guest.updated" }, 1)).entries;
      expect(entry).to.include({ actor: `guest:${sub}`, channel: "account" });
    });

    it("refuses a name that hides something, and keeps what was typed", async () => {
      const sub = await guestpass.addGuest("ada@example.com", { name: "Ada" });
      const page = await browser.submit(await enter(), "/known", { name: "Ada\u202eecalevoL" });
      expect(page.status).to.equal(422);
      expect(page.document.querySelector("#name-problem")?.text).to.equal(say("account.known.wrong"));
      expect(page.document.querySelector("#name")?.getAttribute("value")).to.include("ecalevoL");
      expect((await guestpass.server.app.guests.findBySub(sub))?.name).to.equal("Ada");
    });

    it("removes a name, and leaves a language that was not chosen", async () => {
      const sub = await guestpass.addGuest("ada@example.com", { name: "Ada", locale: "nl" });
      await browser.submit(await enter(), "/known", { name: "" });
      expect(await guestpass.server.app.guests.findBySub(sub)).to.include({ name: null, locale: "nl" });
    });

    it("keeps both of two changes at once to different fields", async () => {
      const sub = await guestpass.addGuest("ada@example.com");
      const page = await enter();
      const { guests } = guestpass.server.app;
      const guest = (await guests.findBySub(sub)) as NonNullable<Awaited<ReturnType<typeof guests.findBySub>>>;
      await Promise.all([browser.post(page, "/known", { name: "Ada" }), guests.update(guest, { notes: "met at the fair" }, operator)]);
      expect((await guests.findBySub(sub))?.name).to.equal("Ada");
    });
  });

  describe("leaving one application", () => {
    beforeEach(() => start());

    it("ends its invitations, sessions and tokens, and nothing else; the application hears of it", async () => {
      const other = await guestpass.register("wiki", { name: "Project wiki", admission: "invited" });
      const sub = await inviteQuietly(guestpass, "files", "ada@example.com");
      await inviteQuietly(guestpass, "wiki", "ada@example.com");
      for (const application of [files, other])
        await guestpass.signIn(browser, await guestpass.authorizationRequest(application, { prompt: "login" }), "ada@example.com");
      const page = await browser.open(account);
      const link = page.document
        .querySelectorAll("#places a")
        .find((each) => each.text === say("account.places.leave", { application: "Project files" }));
      const ask = await browser.open(`${guestpass.issuer}${link?.getAttribute("href")}`);
      expect(ask.title).to.equal(say("account.leave.one.title", { application: "Project files" }));
      const left = await browser.submit(ask, "/leave/files");
      expect(left.text).to.include(say("account.done.left")).and.include("Project wiki").and.not.include("Project files: ");
      expect(left.document.querySelector("#places")?.text).not.to.include("Project files");
      const { invitations, sessions, events } = guestpass.server.app;
      const held = (await invitations.list({ guestSub: sub }, 10)).invitations;
      expect(held.filter(({ revokedAt }) => revokedAt !== null).map(({ clientId }) => clientId)).to.deep.equal(["files"]);
      const [session] = await sessions.list(sub);
      expect(session?.applications).to.include("wiki").and.not.include("files");
      const heard = (await events.read({ clientId: "files", limit: 100 }))?.events.map(({ type }) => type);
      expect(heard).to.include("guest.left").and.include("invitation.revoked");
      expect((await events.read({ clientId: "wiki", limit: 100 }))?.events.map(({ type }) => type)).not.to.include("guest.left");
    });

    it("takes an application that needs no invitation off the list until the guest comes back", async () => {
      const open = await guestpass.register("open", { name: "Open library", admission: "anyone" });
      await guestpass.signIn(browser, await guestpass.authorizationRequest(open), "ada@example.com");
      const places = async () => (await browser.open(account)).document.querySelector("#places")?.text;
      expect(await places()).to.include("Open library");
      await browser.submit(await browser.open(`${account}/leave/open`), "/leave/open");
      expect(await places()).not.to.include("Open library");
      guestpass.clock.advance({ minutes: 1 });
      await guestpass.signIn(browser, await guestpass.authorizationRequest(open, { prompt: "login" }), "ada@example.com");
      expect(await places()).to.include("Open library");
    });

    it("withdraws the consent that was given there: who comes back is asked again", async () => {
      const partner = await guestpass.register("partner", { name: "Partner Portal", firstParty: false, admission: "anyone" });
      const visit = async () =>
        guestpass.signIn(browser, await guestpass.authorizationRequest(partner, { prompt: "login" }), "ada@example.com");
      await browser.submit(await visit(), "/consent");
      expect((await visit()).query).to.include.keys("code");
      const data = JSON.parse((await browser.post(await browser.open(account), "/download")).body);
      expect(data.agreedToShare).to.deep.include.members([
        { ...data.agreedToShare[0], application: "partner", part: "scope", name: "email" },
      ]);
      await browser.submit(await browser.open(`${account}/leave/partner`), "/leave/partner");
      expect((await visit()).title).to.equal(say("consent.title", { application: "Partner Portal" }));
    });

    it("accepts no application that the page does not show", async () => {
      await inviteQuietly(guestpass, "files", "bob@example.com");
      await guestpass.addGuest("ada@example.com");
      await enter();
      const answer = await browser.open(`${account}/leave/files`);
      expect(answer.title).to.equal(say("account.title"));
      expect(answer.text).not.to.include("Project files");
    });
  });

  describe("leaving altogether", () => {
    it("is a request that an administrator sees and confirms, and that the guest can take back", async () => {
      await start();
      const sub = await guestpass.addGuest("ada@example.com");
      await guestpass.addGuest("bob@example.com");
      await enter();
      const ask = await browser.open(`${account}/leave`);
      expect(ask.text).to.include(say("account.leave.confirmed", { organisation: "Contoso" }));
      const asked = await browser.submit(ask, "/leave");
      expect(asked.document.querySelector("#leave .note")?.text).to.include("Contoso");
      const api = new AdminApi(guestpass, await guestpass.register("console", { policy: { administrator: true } }));
      const list = async () => ((await api.get("/guests?erasure_asked=true")).body["items"] as { sub: string }[]).map((guest) => guest.sub);
      expect(await list()).to.deep.equal([sub]);
      const back = await browser.submit(asked, "/stay");
      expect(back.text).to.include(say("account.done.stayed"));
      expect(await list()).to.deep.equal([]);
      await browser.submit(await browser.open(`${account}/leave`), "/leave");
      expect((await api.delete(`/guests/${sub}`)).status).to.equal(204);
      expect((await browser.open(account)).document.querySelector("input[name=email]"), "signed out").not.to.equal(null);
    });

    it("is mailed to the administrators who can do it, once a day for each guest", async () => {
      await start();
      const { admin } = guestpass.server.app;
      for (const [email, role] of [
        ["grace@contoso.example", "owner"],
        ["mary@contoso.example", "manager"],
        ["joan@contoso.example", "helpdesk"],
      ])
        await admin("addAdministrator", { body: { email, role } });
      const sub = await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
      await enter();
      const ask = async () => browser.submit(await browser.open(`${account}/leave`), "/leave");
      const asked = await ask();
      for (const to of ["grace@contoso.example", "mary@contoso.example"]) {
        const [mail] = await guestpass.mail.wait(to);
        const { text, subject } = mail?.parsed ?? {};
        expect(subject).to.equal("A guest asks to be erased");
        expect(text).to.include("Ada Lovelace").and.include("ada@example.com").and.include(`/console/guests/${sub}`);
      }
      expect(guestpass.mail.to("joan@contoso.example")).to.deep.equal([]);
      await browser.submit(asked, "/stay");
      await ask();
      expect(await kinds()).to.have.length(2);
      await browser.submit(await browser.open(account), "/stay");
      guestpass.clock.advance({ hours: 25 });
      await enter(await browser.open(`${account}/leave`));
      await ask();
      expect(await kinds()).to.have.length(4);
    });

    it("is mailed to the address for alerts, if nobody is recorded who can do it", async () => {
      await start({ GUESTPASS_ALERT_TO: "ops@contoso.example" });
      await guestpass.addGuest("ada@example.com");
      await enter();
      await browser.submit(await browser.open(`${account}/leave`), "/leave");
      expect((await guestpass.mail.wait("ops@contoso.example"))[0]?.parsed.subject).to.equal("A guest asks to be erased");
    });

    it("can be declined with a reason, which the guest reads until asking again", async () => {
      await start();
      const sub = await guestpass.addGuest("ada@example.com");
      await enter();
      const api = new AdminApi(guestpass, await guestpass.register("console", { policy: { administrator: true } }));
      const decline = () => api.post(`/guests/${sub}/decline-erasure`, { reason: "Your contract runs until 31 March." });
      expect((await decline()).status, "not asked for").to.equal(409);
      await browser.submit(await browser.open(`${account}/leave`), "/leave");
      expect((await decline()).body["erasure_asked_at"]).to.equal(null);
      const page = await browser.open(account);
      const leave = page.document.querySelector("#leave");
      expect(leave?.querySelector("blockquote")?.text).to.equal("Your contract runs until 31 March.");
      expect(leave?.querySelector("form")).to.equal(null);
      const [entry] = (await guestpass.server.app.audit.list({ guestSub: sub, action: "guest.erasure-declined" }, 1)).entries;
      expect(entry?.personal).to.deep.equal({ reason: "Your contract runs until 31 March." });
      const again = await browser.submit(await browser.open(`${account}/leave`), "/leave");
      expect(again.document.querySelector("#leave blockquote")).to.equal(null);
    });

    const kinds = async () => (await guestpass.server.app.outbox.list({ most: 100 })).filter(({ kind }) => kind === "administrator-notice");

    it("happens at once where the organisation says so: the guest is signed out everywhere and nothing is left", async () => {
      await start({ GUESTPASS_ERASURE: "at-once" });
      const sub = await guestpass.addGuest("ada@example.com");
      const elsewhere = guestpass.browser();
      await enterAccount(guestpass, elsewhere, "ada@example.com");
      await enter();
      const ask = await browser.open(`${account}/leave`);
      expect(ask.text).to.include(say("account.leave.at-once"));
      const gone = await browser.submit(ask, "/leave");
      expect(gone.title).to.equal(say("account.gone.title"));
      const { guests, audit } = guestpass.server.app;
      expect(await guests.findBySub(sub)).to.equal(undefined);
      for (const each of [browser, elsewhere])
        expect((await each.open(account)).document.querySelector("input[name=email]"), "signed out").not.to.equal(null);
      const trail = JSON.stringify((await audit.list({ guestSub: sub }, 100)).entries);
      expect(trail).to.include("guest.erased").and.not.include("ada@example.com");
      expect((await browser.submit(ask, "/leave")).status, "a second tap").to.equal(200);
    });

    it("asks for a fresh code first where the proof is older than 15 minutes, and comes back to the page", async () => {
      await start({ GUESTPASS_ERASURE: "at-once" });
      const sub = await guestpass.addGuest("ada@example.com");
      await enter();
      const ask = await browser.open(`${account}/leave`);
      guestpass.clock.advance({ minutes: 16 });
      const code = await browser.submit(ask, "/leave");
      expect(code.document.querySelector("input[name=email]"), "asked for a code").not.to.equal(null);
      expect(await guestpass.server.app.guests.findBySub(sub)).not.to.equal(undefined);
      expect((await enter(code)).title).to.equal(say("account.leave.all.title"));
    });

    it("returns from a code only to pages that ask first", async () => {
      await start();
      await guestpass.addGuest("ada@example.com");
      await enter();
      for (const state of ["//evil.example", "download", "leave/../download", "sessions/end-others"])
        expect((await browser.open(`${account}/callback?code=x&state=${encodeURIComponent(state)}`)).title).to.equal(say("account.title"));
    });

    it("accepts no form from elsewhere", async () => {
      await start({ GUESTPASS_ERASURE: "at-once" });
      const sub = await guestpass.addGuest("ada@example.com");
      await enter();
      const answer = await browser.post(await browser.open(`${account}/leave`), "/leave", { token: "" });
      expect(answer.status).to.equal(403);
      expect(await guestpass.server.app.guests.findBySub(sub)).not.to.equal(undefined);
    });
  });
});
