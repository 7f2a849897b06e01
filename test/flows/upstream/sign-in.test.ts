// Guests who sign in at their own organisation's provider, beside the emailed code.
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest as GuestRecord } from "../../../src/guests/guest.ts";
import { AdminApi } from "../../support/admin.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { Cli } from "../../support/cli.ts";
import { Administrator } from "../../support/console.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { type Lie, type Person, unsigned } from "../../support/organisation.ts";
import { say } from "../../support/texts.ts";
import { askingHere, Partner } from "../../support/upstream.ts";

const ada: Person = { sub: "ada-1", email: "ada@partner.example", email_verified: true, name: "Ada Lovelace" };
const eve: Person = { sub: "eve-2", email: "eve@partner.example", email_verified: true };

describe("signing in at a partner's provider", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let partner: Partner;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ ...askingHere, GUESTPASS_SESSION_DAYS: "1" });
    files = await guestpass.register("files");
    partner = await Partner.registered(guestpass, "partner");
  });
  afterEach(async () => {
    await partner.stop();
    await guestpass.stop();
  });

  const address = (typed: string) => parseAddress(typed) as Address;
  const guestOf = async (typed: string) => {
    const owner = await guestpass.server.app.guests.findOwner(address(typed));
    return owner && ((await guestpass.server.app.guests.findBySub(owner.sub)) as GuestRecord);
  };
  const accounts = async () => (await guestpass.server.app.db("upstream_accounts").select("subject")).map(({ subject }) => subject);
  const isIn = (answer: Answer) => answer.isRedirect && answer.location.startsWith(`${appOrigin}/callback?code=`);
  async function byCode(browser: Browser, page: Answer, mailbox: string): Promise<Answer> {
    const before = guestpass.mail.to(mailbox).length;
    const asked = await browser.submit(page, "/email", { way: "code" });
    const mails = await guestpass.mail.wait(mailbox, before + 1);
    expect(mails.length).to.equal(before + 1);
    return browser.submit(asked, "/passcode", { code: await guestpass.mail.code(mailbox, before + 1) });
  }

  /** Signed in there, and not back yet. @returns where the provider sends the browser */
  async function sentBack(typed: string): Promise<{ browser: Browser; back: URL }> {
    const { browser, page } = await partner.choice(files, typed);
    const sent = await browser.post(page, "/upstream");
    browser.stopAt.add(guestpass.issuer);
    const back = new URL((await browser.follow(await browser.request(sent.location))).location);
    browser.stopAt.delete(guestpass.issuer);
    expect(back.origin).to.equal(guestpass.issuer);
    return { browser, back };
  }

  it("is offered for its domain, whoever is known, with the code beside it, and mails nothing", async () => {
    await guestpass.addGuest("ada@partner.example");
    const pages = await Promise.all(
      ["ada@partner.example", "nobody@partner.example"].map(async (typed) => {
        const { page } = await partner.choice(files, typed);
        expect(page.status).to.equal(200);
        expect(page.title).to.equal(say("ways.title"));
        expect(page.text)
          .to.contain(say("ways.upstream", { provider: "Partner" }))
          .and.to.contain(say("ways.code"));
        return page.text.replace(typed, "");
      }),
    );
    expect(pages[0]).to.equal(pages[1]);
    expect((await partner.choice(files, "ada@sub.partner.example")).page.title).to.equal(say("enter-passcode.title"));
    expect(guestpass.mail.to("ada@partner.example")).to.have.length(0);
    const { browser, page } = await partner.choice(files, "ada@partner.example");
    expect(isIn(await byCode(browser, page, "ada@partner.example")), "by the code, as ever").to.equal(true);
  });

  it("proves the mailbox where the provider is authoritative for the address, and tells the application which way it was", async () => {
    const { answer, request, browser } = await partner.signIn(files, ada);
    expect(isIn(answer), answer.text).to.equal(true);
    const claims = (await guestpass.redeem(request, answer)).claims();
    expect(claims).to.include({ acr: "urn:guestpass:acr:upstream" });
    expect(claims?.["amr"]).to.deep.equal(["fed"]);
    const guest = await guestOf("ada@partner.example");
    expect(claims?.sub).to.equal(guest?.sub);
    expect(guest?.provenAt).to.be.closeTo(guestpass.clock.now(), 60_000);
    expect(await accounts()).to.deep.equal(["ada-1"]);
    expect(guestpass.mail.to("ada@partner.example")).to.have.length(0);
    const { entries } = await guestpass.server.app.audit.list({ guestSub: guest?.sub ?? "", action: "sign-in.upstream" }, 10);
    expect(entries).to.have.length(1);

    // The browser remembers the address, masked, and offers the provider again.
    guestpass.clock.advance({ days: 20 });
    const first = await browser.open((await guestpass.authorizationRequest(files)).url);
    const choice = await browser.submit(first, "/remembered");
    expect(choice.title).to.equal(say("ways.title"));
    expect(choice.body).to.not.contain("ada@partner.example");
    expect(isIn(await browser.submit(choice, "/upstream"))).to.equal(true);
    expect((await guestOf("ada@partner.example"))?.provenAt).to.be.closeTo(guestpass.clock.now(), 60_000);
    const [account] = await guestpass.server.app.accounts.list(guest?.sub ?? "");
    expect(account?.lastUsedAt).to.be.closeTo(guestpass.clock.now(), 60_000);
    expect(Number(account?.createdAt)).to.be.closeTo(guestpass.clock.now() - 20 * 86_400_000, 60_000);
  });

  it("admits nobody whom the application does not, and links nothing then", async () => {
    const projects = await guestpass.register("projects", { admission: "invited" });
    const { answer } = await partner.signIn(projects, ada);
    expect(answer.status).to.equal(403);
    expect(answer.title).to.equal(say("not-admitted.title", { application: projects.name }));
    expect(await guestOf("ada@partner.example")).to.equal(undefined);
    expect(await accounts()).to.deep.equal([]);
    await guestpass.server.app.admin("createInvitation", {
      body: { client_id: "projects", email: "ada@partner.example", send_mail: false },
    });
    expect(isIn((await partner.signIn(projects, ada)).answer)).to.equal(true);
    const [invitation] = (await guestpass.server.app.invitations.list({ clientId: "projects" }, 1)).invitations;
    expect(invitation?.redeemedAt, "redeemed by the proof").to.not.equal(null);
  });

  it("signs in the person where it proves no mailbox: once a code has linked the account, until the mailbox is due", async () => {
    await partner.change({ grade: "proves-the-person" });
    const first = await partner.signIn(files, ada);
    expect(first.answer.title).to.equal(say("upstream.link.title"));
    expect(await accounts()).to.deep.equal([]);
    expect(await guestOf("ada@partner.example")).to.equal(undefined);
    expect(guestpass.mail.to("ada@partner.example")).to.have.length(0);
    expect(isIn(await byCode(first.browser, first.answer, "ada@partner.example"))).to.equal(true);
    expect(await accounts()).to.deep.equal(["ada-1"]);
    const proven = (await guestOf("ada@partner.example"))?.provenAt;

    guestpass.clock.advance({ days: 20 });
    const second = await partner.signIn(files, ada);
    expect(isIn(second.answer), second.answer.text).to.equal(true);
    const claims = (await guestpass.redeem(second.request, second.answer)).claims();
    expect(Number(claims?.["session_expiry"]) * 1000).to.be.closeTo(Number(proven) + 30 * 86_400_000, 60_000);
    expect((await guestOf("ada@partner.example"))?.provenAt).to.equal(proven);

    guestpass.clock.advance({ days: 11 });
    const due = await partner.signIn(files, ada);
    expect(due.answer.title, "one code, with the reason").to.equal(say("confirm.title"));
    expect(due.answer.text, "no provider that proves nothing is offered").to.not.contain(say("ways.upstream", { provider: "Partner" }));
    // Somebody else's address there is another mailbox.
    expect((await partner.signIn(files, ada, "eve@partner.example")).answer.text).to.contain("belongs to another address");
  });

  it("links an account only in the sign-in that it was shown in, and only to the address that was typed", async () => {
    await partner.change({ grade: "proves-the-person" });
    const shown = await partner.signIn(files, eve, "ada@partner.example");
    expect(shown.answer.title).to.equal(say("upstream.link.title"));
    // The sign-in goes on with another address, whose code comes back.
    const other = await shown.browser.submit(
      await shown.browser.open(`${guestpass.issuer}${shown.answer.document.querySelector("a[href$='/email']")?.getAttribute("href")}`),
      "/email",
      { email: "bob@example.com" },
    );
    const code = await guestpass.mail.code("bob@example.com");
    expect(isIn(await shown.browser.submit(other, "/passcode", { code }))).to.equal(true);
    expect(await accounts()).to.deep.equal([]);
    const elsewhere = guestpass.browser();
    const request = await guestpass.authorizationRequest(files);
    const page = await elsewhere.submit(await elsewhere.open(request.url), "/email", { email: "ada@partner.example" });
    expect(isIn(await byCode(elsewhere, page, "ada@partner.example"))).to.equal(true);
    expect(await accounts(), "another browser's code links nothing").to.deep.equal([]);
  });

  it("confirms a mailbox that is due, by signing in there anew", async () => {
    const { browser } = await partner.signIn(files, ada);
    guestpass.clock.advance({ hours: 20 });
    await guestpass.server.app.settings.update({ reverificationDays: 0.5 }, operator);
    const due = await browser.open((await guestpass.authorizationRequest(files)).url);
    expect(due.title).to.equal(say("confirm.title"));
    // The provider says that the person signed in there long ago.
    partner.organisation.lie = (claims, sign) => sign({ ...claims, auth_time: Number(claims["auth_time"]) - 7200 });
    expect((await browser.submit(due, "/upstream")).text).to.contain(say("upstream.not-believed", { provider: "Partner" }));
    partner.organisation.lie = ({ auth_time: _, ...claims }, sign) => sign(claims);
    const again = await browser.open((await guestpass.authorizationRequest(files)).url);
    expect((await browser.submit(again, "/upstream")).status).to.equal(403);
    expect(Number((await guestOf("ada@partner.example"))?.provenAt)).to.be.below(guestpass.clock.now() - 3_600_000);
    partner.organisation.lie = undefined;
    const third = await browser.open((await guestpass.authorizationRequest(files)).url);
    expect(isIn(await browser.submit(third, "/upstream"))).to.equal(true);
    expect((await guestOf("ada@partner.example"))?.provenAt).to.be.closeTo(guestpass.clock.now(), 60_000);
  });

  const lies: Record<string, Lie> = {
    "another issuer": (claims, sign) => sign({ ...claims, iss: "https://evil.example" }),
    "another audience": (claims, sign) => sign({ ...claims, aud: "other" }),
    "another nonce": (claims, sign) => sign({ ...claims, nonce: "another" }),
    "no nonce": ({ nonce: _, ...claims }, sign) => sign(claims),
    "an expired token": (claims, sign) => sign({ ...claims, exp: Number(claims["iat"]) - 600 }),
    "no expiry": ({ exp: _, ...claims }, sign) => sign(claims),
    "no subject": ({ sub: _, ...claims }, sign) => sign(claims),
    "an empty subject": (claims, sign) => sign({ ...claims, sub: "" }),
    "another subject than at userinfo": (claims, sign) => sign({ ...claims, sub: "somebody-else" }),
    "no signature": (claims) => unsigned(claims),
    "claims changed under their signature": async (claims, sign) => {
      const [header, , signature] = (await sign(claims)).split(".");
      return [header, Buffer.from(JSON.stringify({ ...claims, email: "ada@partner.example" })).toString("base64url"), signature].join(".");
    },
  };

  it("believes no wrong token: a page says so and leads to the code, and nothing is linked, recorded or proven", async () => {
    for (const [what, lie] of Object.entries(lies)) {
      partner.organisation.lie = lie;
      const { answer, browser } = await partner.signIn(files, ada);
      expect(answer.status, what).to.equal(403);
      expect(answer.title, what).to.equal(say("upstream.failed.title"));
      expect(answer.text, what).to.contain(say("upstream.not-believed", { provider: "Partner" }));
      const silent = await browser.open((await guestpass.authorizationRequest(files, { prompt: "none" })).url);
      expect(silent.query["error"], what).to.equal("login_required");
    }
    expect(await accounts()).to.deep.equal([]);
    expect(await guestOf("ada@partner.example")).to.equal(undefined);
    partner.organisation.lie = lies["no signature"];
    const { answer, browser } = await partner.signIn(files, ada);
    expect(isIn(await byCode(browser, answer, "ada@partner.example")), "the code is the way on").to.equal(true);
    expect(await accounts(), "and links nothing").to.deep.equal([]);
  });

  it("proves no address that the account does not have, or that is not verified", async () => {
    const wrong: Record<string, [person: Person, lie: Lie | undefined, title: string, text: string]> = {
      "somebody else's": [eve, undefined, "upstream.failed.title", "belongs to another address"],
      none: [{ sub: "ada-1" }, undefined, "upstream.failed.title", "did not tell us an email address"],
      "a number": [{ sub: "ada-1" }, (claims, sign) => sign({ ...claims, email: 7 }), "upstream.failed.title", "did not tell us"],
      several: [
        { sub: "ada-1" },
        (claims, sign) => sign({ ...claims, email: ["ada@partner.example"] }),
        "upstream.failed.title",
        "did not tell us",
      ],
      "not verified": [{ ...ada, email_verified: false }, undefined, "upstream.link.title", ""],
      "verified as a word": [
        ada,
        (claims, sign) => sign({ ...claims, email: ada.email, email_verified: "true" }),
        "upstream.link.title",
        "",
      ],
      "verified as a number": [ada, (claims, sign) => sign({ ...claims, email: ada.email, email_verified: 1 }), "upstream.link.title", ""],
      "nothing said": [{ sub: "ada-1", email: "ada@partner.example" }, undefined, "upstream.link.title", ""],
    };
    for (const [what, [person, lie, title, text]] of Object.entries(wrong)) {
      partner.organisation.lie = lie;
      const { answer } = await partner.signIn(files, person, "ada@partner.example");
      expect(answer.title, what).to.equal(say(title as "upstream.failed.title"));
      expect(answer.text, what).to.contain(text);
      expect(guestpass.mail.to("ada@partner.example"), what).to.have.length(0);
    }
    expect(await accounts()).to.deep.equal([]);
    expect(await guestOf("ada@partner.example")).to.equal(undefined);
  });

  it("believes no account of another tenant than the pinned one", async () => {
    const pinned = await Partner.registered(guestpass, "pinned", { tenant: "T-1" });
    try {
      const person = { sub: "ada-1", email: "ada@pinned.example" };
      for (const tid of [undefined, "T-2", "T-1x"]) {
        const { answer } = await pinned.signIn(files, { ...person, ...(tid ? { tid } : {}) });
        expect(answer.text, tid).to.contain(say("upstream.not-believed", { provider: "Pinned" }));
      }
      expect(isIn((await pinned.signIn(files, { ...person, tid: "t-1" })).answer), "which has no email_verified").to.equal(true);
      expect(await accounts()).to.deep.equal(["ada-1"]);
    } finally {
      await pinned.stop();
    }
  });

  it("accepts no answer for a domain that is no longer bound, and none of a provider that is off, changed or gone", async () => {
    partner.organisation.person = ada;
    for (const change of [{ domains: ["other.example"] }, { domains: ["partner.example"], grade: "off" }]) {
      await partner.change({ domains: ["partner.example"], grade: "proves-the-mailbox" });
      const { browser, page } = await partner.choice(files, "ada@partner.example");
      const sent = await browser.post(page, "/upstream");
      await partner.change(change);
      expect((await browser.open(sent.location)).text).to.contain(say("upstream.not-offered", { provider: "Partner" }));
      expect((await browser.submit(page, "/upstream")).title, "nor is it offered").to.equal(
        say("enter-email.title", { application: files.name }),
      );
    }
    await guestpass.server.app.admin("removeUpstream", { params: { id: "partner" } });
    expect((await partner.choice(files, "ada@partner.example")).page.title).to.equal(say("enter-passcode.title"));
    expect(await guestOf("ada@partner.example")).to.equal(undefined);
  });

  it("belongs to the browser and the sign-in that it was begun in: an answer elsewhere, replayed or mixed up does nothing", async () => {
    partner.organisation.person = ada;
    const other = await Partner.registered(guestpass, "other");
    try {
      const { browser, back: url } = await sentBack("ada@partner.example");
      const back = url.href;

      // Another browser, with a sign-in of its own or none.
      for (const stranger of [guestpass.browser(), (await other.choice(files, "bob@other.example")).browser]) {
        const answer = await stranger.open(back);
        expect(isIn(answer)).to.equal(false);
        expect([400, 403]).to.include(answer.status);
      }
      // The answer of one provider where the other one was asked, and the other way round.
      const mixed = await browser.open(back.replace("/upstream/partner/", "/upstream/other/"));
      expect(mixed.title).to.equal(say("enter-email.title", { application: files.name }));
      const wrongState = new URL(back);
      wrongState.searchParams.set("state", `${wrongState.searchParams.get("state")?.split(".")[0]}.${"A".repeat(43)}`);
      expect((await browser.open(wrongState.href)).text).to.contain(say("upstream.not-begun"));
      for (const iss of [other.organisation.issuer, ""]) {
        const { browser: misled, back: answer } = await sentBack("ada@partner.example");
        if (iss === "") answer.searchParams.delete("iss");
        else answer.searchParams.set("iss", iss);
        const page = await misled.open(answer.href);
        expect(page.text, `RFC 9207, ${iss}`).to.contain(say("upstream.not-believed", { provider: "Partner" }));
        expect(isIn(await misled.open(answer.href))).to.equal(false);
      }
      expect(await guestOf("ada@partner.example")).to.equal(undefined);

      // The right one, several times at once, leads in once.
      const answers = await Promise.all(Array.from({ length: 4 }, () => browser.request(back)));
      const ends = new Set<string>();
      for (const each of answers) {
        const end = await browser.follow(each);
        if (isIn(end)) ends.add(end.location);
      }
      expect(ends.size).to.equal(1);
      // And later, replayed in another sign-in of the same browser, nothing.
      guestpass.clock.advance({ days: 2 });
      expect(isIn(await browser.open(back))).to.equal(false);
      const fresh = await partner.choice(files, "ada@partner.example", { browser });
      const replay = new URL(back);
      const [uid] = /(?<=\/interaction\/)[\w-]+/.exec(fresh.page.url) ?? [];
      replay.searchParams.set("state", `${uid}.${replay.searchParams.get("state")?.split(".")[1]}`);
      expect(isIn(await browser.open(replay.href))).to.equal(false);
    } finally {
      await other.stop();
    }
  });

  it("says so where it is refused there, and where the provider is gone; when it is back, with another key, all is well", async () => {
    const refused = await partner.signIn(files, undefined, "ada@partner.example");
    expect(refused.answer.status).to.equal(403);
    expect(refused.answer.text).to.contain(say("upstream.cancelled", { provider: "Partner" }));
    expect(isIn((await partner.signIn(files, ada)).answer)).to.equal(true);

    // It is gone while somebody signs in there.
    const { browser, back } = await sentBack("ada@partner.example");
    await partner.stop();
    const down = await browser.open(back.href);
    expect(down.status).to.equal(502);
    expect(down.text).to.contain(say("upstream.unreachable", { provider: "Partner" }));

    guestpass.clock.advance({ hours: 2 });
    const gone = await partner.signIn(files, ada);
    expect(gone.answer.status).to.equal(502);
    const choice = await partner.choice(files, "ada@partner.example");
    expect(isIn(await byCode(choice.browser, choice.page, "ada@partner.example")), "the code works").to.equal(true);

    await partner.start();
    expect(isIn((await partner.signIn(files, ada)).answer), "with the key of now").to.equal(true);
    await partner.stop();
    await partner.start();
    expect(isIn((await partner.signIn(files, ada)).answer), "and with the next one at once").to.equal(true);
  });

  it("follows the mailbox to its new owner, and a linked account goes with its mailbox", async () => {
    const { guests, aliases } = guestpass.server.app;
    await partner.signIn(files, ada);
    // The address was given to somebody else there.
    expect(isIn((await partner.signIn(files, { ...eve, email: "ada@partner.example" })).answer)).to.equal(true);
    expect(await accounts()).to.deep.equal(["eve-2"]);
    const guest = (await guestOf("ada@partner.example")) as GuestRecord;
    await guests.suspend(guest.sub, "left", operator);
    expect(await accounts()).to.deep.equal([]);
    expect((await partner.signIn(files, { ...eve, email: "ada@partner.example" })).answer.status).to.equal(403);
    expect(await accounts(), "none for a guest who is suspended").to.deep.equal([]);
    await guests.resume(guest.sub, operator);
    await partner.signIn(files, { ...eve, email: "ada@partner.example" });
    expect(await accounts()).to.deep.equal(["eve-2"]);
    await aliases.rename(
      (await guestOf("ada@partner.example")) as GuestRecord,
      address("ada@partner.example"),
      address("ada@new.example"),
      operator,
    );
    expect(await accounts()).to.deep.equal([]);
  });

  it("shows a linked account to its guest, in the console, by the API and the command line, and each removes it", async () => {
    const again = async () => {
      const { browser, answer } = await partner.signIn(files, ada);
      expect(isIn(answer)).to.equal(true);
      expect(await accounts()).to.deep.equal(["ada-1"]);
      return browser;
    };
    const page = await (await again()).open(`${guestpass.issuer}/account`);
    expect(page.document.querySelector("#upstreams")?.text).to.contain("Partner").and.to.contain("ada@partner.example");
    const browser = await again();
    const removed = await browser.submit(await browser.open(`${guestpass.issuer}/account`), "/upstreams/remove");
    expect(removed.text).to.contain(say("account.done.upstream-removed"));
    expect(await accounts()).to.deep.equal([]);

    await again();
    const { sub } = (await guestOf("ada@partner.example")) as GuestRecord;
    const api = new AdminApi(guestpass, await guestpass.register("desk", { policy: { administrator: true } }));
    const [listed] = (await api.get(`/guests/${sub}/upstream-accounts`)).body["items"] as { id: string }[];
    expect(listed).to.deep.include({ provider: "partner", label: "Partner", email: "ada@partner.example" });
    expect(JSON.stringify(listed)).to.not.contain("ada-1");
    expect((await api.delete(`/guests/${sub}/upstream-accounts/${listed?.id}`)).status).to.equal(204);
    expect((await api.delete(`/guests/${sub}/upstream-accounts/${listed?.id}`)).status).to.equal(404);
    expect(await accounts()).to.deep.equal([]);

    await again();
    const grace = await Administrator.enrolled(guestpass, "grace@acme.example");
    const shown = await grace.open(`/guests/${sub}/sessions`);
    expect(shown.text).to.contain("Accounts at providers").and.to.contain("Partner");
    expect((await grace.browser.submit(shown, "/upstream-accounts/remove")).text).to.contain("The account is removed.");
    expect(await accounts()).to.deep.equal([]);

    await again();
    const cli = new Cli(guestpass.settings, "upstream");
    const [own] = await cli.json<{ id: string; provider: string }[]>("accounts", "ada@partner.example");
    expect(own?.provider).to.equal("partner");
    await cli.ok("unlink", "ada@partner.example", own?.id ?? "", "--yes");
    expect(await accounts()).to.deep.equal([]);
    expect(await cli.ok("accounts", "ada@partner.example")).to.contain("no account");
  });

  it("opens no invitation to another mailbox, where it proves the person: that asks for its own code", async () => {
    await partner.change({ grade: "proves-the-person" });
    const projects = await guestpass.register("projects", { admission: "invited" });
    const first = await partner.signIn(files, ada);
    await byCode(first.browser, first.answer, "ada@partner.example");
    const { aliases, admin } = guestpass.server.app;
    await aliases.add(
      (await guestOf("ada@partner.example")) as GuestRecord,
      address("ada@other.example"),
      { otherMailbox: true },
      operator,
    );
    for (const email of ["ada@partner.example", "ada@other.example"])
      await admin("createInvitation", { body: { client_id: "projects", email, send_mail: false } });
    guestpass.clock.advance({ days: 2 });
    expect(isIn((await partner.signIn(projects, ada)).answer), "its own").to.equal(true);
    const { answer } = await partner.signIn(projects, ada, "ada@partner.example", { params: { login_hint: "ada@other.example" } });
    expect(answer.title).to.equal(say("confirm.title"));
    expect(answer.text).to.contain("@other.example");
  });

  it("is not shown where the application asks for a code, and is no such proof on the guest's own page", async () => {
    const params = { acr_values: "urn:guestpass:acr:mailbox" };
    expect((await partner.choice(files, "ada@partner.example", { params })).page.title).to.equal(say("enter-passcode.title"));
    const { browser } = await partner.signIn(files, ada);
    const page = await browser.open(`${guestpass.issuer}/account`);
    expect(page.title).to.equal(say("account.title"));
    const wanted = await browser.submit(page, "/account/download");
    expect(wanted.title).to.equal(say("enter-email.title", { application: "Guestpass" }));
  });

  it("is begun so often from one network, and not more", async () => {
    const careful = await Guestpass.start({
      ...askingHere,
      GUESTPASS_LIMIT_UPSTREAM_TRIES_PER_NETWORK: "2/15m",
      GUESTPASS_SECRET: guestpass.settings["GUESTPASS_SECRET"] as string,
    });
    const here = await Partner.registered(careful, "partner");
    try {
      const application = await careful.register("files");
      for (let times = 0; times < 2; times++) expect(isIn((await here.signIn(application, ada)).answer)).to.equal(true);
      const { answer } = await here.signIn(application, ada);
      expect(answer.status).to.equal(429);
      expect(answer.text).to.contain(say("ways.code"));
    } finally {
      await here.stop();
      await careful.server.close();
      await careful.database.remove();
      await careful.mail.stop();
    }
  });
});
