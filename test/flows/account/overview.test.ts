// The guests' own page: what it shows, and who sees it.
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import { enterAccount, inviteQuietly } from "../../support/account.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say, sayIn } from "../../support/texts.ts";

const day = 86_400_000;

describe("the guests' own page", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let account: string;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ORGANISATION: "Contoso" });
    files = await guestpass.register("files", { name: "Project files", admission: "invited", policy: { reverificationDays: 7 } });
    account = `${guestpass.issuer}/account`;
  });
  afterEach(() => guestpass.stop());

  const invite = (address: string, accessEndsAt?: number) => inviteQuietly(guestpass, "files", address, accessEndsAt);
  const enter = (browser: Browser, address: string, page?: Answer) => enterAccount(guestpass, browser, address, page);

  it("shows where the guest can go, by whose invitation and until when, and the addresses with the rule that is next", async () => {
    const ends = guestpass.clock.now() + 90 * day;
    await invite("ada@example.com", ends);
    const page = await enter(guestpass.browser(), "ada@example.com");
    expect(page.title).to.equal(say("account.title"));
    const places = page.document.querySelector("#places")?.text ?? "";
    expect(places).to.include("Project files");
    expect(places).to.include(say("account.places.by", { sponsors: "Grace Hopper" }));
    expect(places).to.include(String(new Date(ends).getUTCFullYear()));
    expect(page.document.querySelector("#places a")?.getAttribute("href")).to.equal("https://app.example");
    const addresses = page.document.querySelector("#addresses")?.text ?? "";
    expect(addresses).to.include("ada@example.com");
    expect(addresses).to.include(say("confirm.why", { organisation: "Project files", count: 7 }));
    expect(page.document.querySelector("#sessions")?.text).to.include(say("account.sessions.here"));
    expect(page.document.querySelector("#history")?.text).to.include(say("account.mail.passcode"));
  });

  it("admits a guest whose access has ended, or whose domain is refused, and says that there is nowhere to go", async () => {
    const sub = await invite("ada@example.com");
    const { guests, settings } = guestpass.server.app;
    await guests.update((await guests.findBySub(sub)) as Guest, { expiresAt: guestpass.clock.now() - 1 }, operator);
    const { settings: before, version } = await settings.read();
    await settings.update({ ...before, denyDomains: ["example.com"] }, operator, version);
    const page = await enter(guestpass.browser(), "ada@example.com");
    expect(page.title).to.equal(say("account.title"));
    expect(page.text).to.include(say("account.places.none"));
    expect(page.text).not.to.include("Project files");
  });

  it("lets in nobody who is not in the directory, and nobody who is suspended; the screens are the same", async () => {
    guestpass.clock.hold();
    const sub = await guestpass.addGuest("ada@example.com");
    await guestpass.server.app.guests.suspend(sub, "left", operator);
    const texts: string[] = [];
    for (const address of ["ada@example.com", "nobody@example.com"]) {
      const browser = guestpass.browser();
      const asked = await browser.submit(await browser.open(account), "/email", { email: address });
      await eventually(
        "the mail is settled",
        async () => (await guestpass.server.app.outbox.list({ recipient: address }))[0]?.state === "sent",
      );
      const page = await browser.open(asked.url);
      texts.push(page.text.replaceAll(address, "").replace(/[A-Z2-9]{4}|interaction\/[\w-]+/g, ""));
      const [mail] = await guestpass.mail.wait(address);
      expect(mail?.parsed.text)
        .to.include(say("mail.not-admitted.why"))
        .and.not.match(/^\d{6}$/m);
    }
    expect(texts[0]).to.equal(texts[1]);
    expect(await guestpass.server.app.guests.findOwner(parseAddress("nobody@example.com") as Address)).to.equal(undefined);
  });

  it("tells a guest who is suspended meanwhile, and asks whoever is not signed in any more", async () => {
    const sub = await guestpass.addGuest("ada@example.com");
    const browser = guestpass.browser();
    await enter(browser, "ada@example.com");
    const { guests, sessions } = guestpass.server.app;
    const cookie = await browser.jar.getCookieString(guestpass.issuer);
    await guests.suspend(sub, "left", operator);
    const answer = await guestpass.browser({ cookie }).open(account);
    expect(answer.title, "suspension ends the session").to.equal(say("not-admitted.title", { application: "Contoso" }));
    expect(await sessions.list(sub)).to.deep.equal([]);
  });

  it("is reached from the front page", async () => {
    const front = await guestpass.browser().open(guestpass.issuer);
    expect(front.document.querySelector("main a[href='/account']")?.text).to.equal(say("account.title"));
  });

  it("is reached from the mails to guests, and from the pages of who is, or was, signed in; not from those of strangers", async () => {
    const link = (page: Answer) => page.document.querySelector(".foot a[href='/account']")?.text;
    const browser = guestpass.browser();
    const first = await browser.open(account);
    expect(link(first)).to.equal(undefined);
    await guestpass.addGuest("ada@example.com");
    await enter(browser, "ada@example.com", first);
    const [mail] = guestpass.mail.to("ada@example.com");
    expect(mail?.parsed.text).to.include(`${say("mail.account")} ${account}`);
    const leaving = await browser.open(`${guestpass.issuer}/session/end`);
    expect(link(leaving)).to.equal(say("account.title"));
  });

  it("does not loop where the guest does not sign in", async () => {
    const browser = guestpass.browser();
    const page = await browser.submit(await browser.open(account), "/cancel");
    expect(page.title).to.equal(say("account.away.title"));
    expect(page.document.querySelector("main a")?.getAttribute("href")).to.equal("/account");
  });

  it("trusts only the session: another guest's answer that is brought here changes nothing", async () => {
    await guestpass.addGuest("ada@example.com");
    const attacker = await guestpass.addGuest("mallory@example.com");
    const browser = guestpass.browser();
    await enter(browser, "ada@example.com");
    const page = await browser.open(`${account}/callback?code=of-mallory&state=x&iss=${guestpass.issuer}`);
    expect(page.document.querySelector("#addresses")?.text).to.include("ada@example.com").and.not.include("mallory");
    expect(attacker).to.be.a("string");
  });

  it("speaks the guest's language, whatever the browser says", async () => {
    await guestpass.addGuest("ada@example.com", { locale: "de-AT" });
    const page = await enter(guestpass.browser({ "accept-language": "ja" }), "ada@example.com");
    expect(page.title).to.equal(sayIn("de")("account.title"));
  });

  it("asks for a code again once the proof is older than the rule", async () => {
    await guestpass.addGuest("ada@example.com");
    const browser = guestpass.browser();
    await enter(browser, "ada@example.com");
    guestpass.clock.advance({ days: 12 });
    expect((await browser.open(account)).title).to.equal(say("account.title"));
    const { guests } = guestpass.server.app;
    const [guest] = (await guests.list()).guests;
    await guests.update(guest as Guest, { reverificationDays: 7 }, operator);
    expect((await browser.open(account)).title).to.equal(say("confirm.title"));
  });

  it("confirms an address at once, by a code to it", async () => {
    const sub = await guestpass.addGuest("ada@example.com");
    const browser = guestpass.browser();
    const page = await enter(browser, "ada@example.com");
    guestpass.clock.advance({ hours: 2 });
    const asked = await browser.submit(page, "/confirm");
    expect(asked.document.querySelector("input[name=email]")?.getAttribute("value")).to.equal("ada@example.com");
    expect((await enter(browser, "ada@example.com", asked)).title).to.equal(say("account.title"));
    const [alias] = await guestpass.server.app.guests.aliases(sub);
    expect(alias?.verifiedAt).to.be.closeTo(guestpass.clock.now(), 60_000);
  });

  it("gives a guest all that is held, after a fresh code where the proof is older than 15 minutes, and nothing of others", async () => {
    await invite("ada@example.com");
    await invite("bob@example.com");
    const browser = guestpass.browser();
    const page = await enter(browser, "ada@example.com");
    const answer = await browser.post(page, "/download");
    expect(answer.headers.get("content-disposition")).to.include("guest-data.json");
    const data = JSON.parse(answer.body);
    expect(data.addresses[0]).to.include({ address: "ada@example.com", primary: true });
    expect(data.invitations[0]).to.include({ application: "Project files", sponsor: "Grace Hopper" });
    expect(data.history.map(({ what }: { what: string }) => what)).to.include("sign-in.proven");
    expect(data.mails[0]).to.include({ kind: "passcode", to: "ada@example.com" });
    expect(answer.body).not.to.include("bob");
    guestpass.clock.advance({ minutes: 16 });
    const asked = await browser.submit(page, "/download");
    expect(asked.document.querySelector("input[name=email]")).not.to.equal(null);
    const fresh = await enter(browser, "ada@example.com", asked);
    expect((await browser.post(fresh, "/download")).status).to.equal(200);
  });

  describe("ending sessions", () => {
    let here: Browser;
    let there: Browser;
    let elsewhere: Browser;

    beforeEach(async () => {
      await guestpass.addGuest("ada@example.com");
      [here, there, elsewhere] = [guestpass.browser(), guestpass.browser(), guestpass.browser()];
      for (const browser of [here, there, elsewhere]) await enter(browser, "ada@example.com");
    });

    const isIn = async (browser: Browser) => (await browser.open(account)).title === say("account.title");

    it("ends one", async () => {
      const page = await here.open(account);
      expect(page.document.querySelectorAll("form[action$='/sessions/end']")).to.have.length(2);
      expect((await here.submit(page, "/sessions/end")).text).to.include(say("account.done.ended"));
      const still = [await isIn(here), await isIn(there), await isIn(elsewhere)];
      expect(still.filter(Boolean)).to.have.length(2);
      expect(still[0]).to.equal(true);
    });

    it("ends all others, and tells their applications", async () => {
      await here.submit(await here.open(account), "/sessions/end-others");
      expect([await isIn(here), await isIn(there), await isIn(elsewhere)]).to.deep.equal([true, false, false]);
    });

    it("accepts no form from elsewhere or from another session", async () => {
      const page = await here.open(account);
      const token = (await there.open(account)).document.querySelector("input[name=token]")?.getAttribute("value") as string;
      for (const given of ["", token]) {
        const answer = await here.post(page, "/sessions/end-others", { token: given });
        expect(answer.status).to.equal(403);
        expect(answer.title).to.equal(say("forged.title"));
      }
      expect(await isIn(there)).to.equal(true);
    });

    it("does not reach another guest's", async () => {
      const other = await guestpass.addGuest("bob@example.com");
      await enter(guestpass.browser(), "bob@example.com");
      const [session] = await guestpass.server.app.sessions.list(other);
      await here.submit(await here.open(account), "/sessions/end", { session: session?.uid as string });
      await eventually("nothing of it", async () => (await guestpass.server.app.sessions.list(other)).length === 1);
    });
  });

  it("is an application that nobody can register, and whose codes nobody can redeem", async () => {
    const { app } = guestpass.server;
    expect(await app.applications.add({ ...files, clientId: "guestpass-account" }, operator)).to.equal(false);
    expect((await app.applications.list()).map(({ clientId }) => clientId)).to.deep.equal(["files"]);
    const answer = await fetch(`${guestpass.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("guestpass-account:guess")}` },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: "x",
        redirect_uri: `${account}/callback`,
        code_verifier: "x".repeat(43),
      }),
    });
    expect(answer.status).to.equal(401);
  });
});
