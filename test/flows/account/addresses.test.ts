// The guests' own page: a guest adds an address, chooses the main one, and undoes what somebody else did.
import { expect } from "chai";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import { enterAccount, inviteQuietly } from "../../support/account.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";

const [old, added] = ["ada@example.com", "ada@new.example"];

describe("a guest who changes addresses", () => {
  let guestpass: Guestpass;
  let browser: Browser;
  let sub: string;
  let page: string;

  async function start(settings: Record<string, string> = {}): Promise<void> {
    guestpass = await Guestpass.start({ GUESTPASS_ORGANISATION: "Contoso", ...settings });
    page = `${guestpass.issuer}/account/addresses`;
    browser = guestpass.browser();
    await guestpass.register("files", { name: "Project files", admission: "invited" });
    sub = await guestpass.addGuest(old, { locale: "en" });
    await enterAccount(guestpass, browser, old);
  }

  afterEach(() => guestpass.stop());

  /** The page that asks for the code. */
  const ask = async (address = added) => browser.submit(await browser.open(page), "/account/addresses", { email: address });
  const type = (asked: Answer, code: string) => browser.submit(asked, new URL(asked.url).pathname, { code });
  async function add(address = added): Promise<Answer> {
    const before = guestpass.mail.to(address).length;
    return type(await ask(address), await guestpass.mail.code(address, before + 1));
  }
  const choose = async (address: string) => browser.submit(await browser.open(page), "/addresses/main", { address });
  const addresses = async () => (await guestpass.server.app.guests.aliases(sub)).map(({ address }) => address);
  /** The link of the newest mail of its kind. */
  async function undoLink(recipient: string, count = 1): Promise<string> {
    const changed = () => guestpass.mail.to(recipient).filter(({ parsed }) => parsed.subject === say("mail.addresses-changed.subject"));
    for (let more = guestpass.mail.to(recipient).length; changed().length < count; ) await guestpass.mail.wait(recipient, ++more);
    const link = /http\S+\/account\/undo\/\S+/.exec(changed()[count - 1]?.parsed.text ?? "")?.[0];
    if (link === undefined) throw new Error("the mail has no link");
    return link;
  }
  const undo = async (link: string) => {
    const anyone = guestpass.browser();
    return anyone.submit(await anyone.open(link), new URL(link).pathname);
  };

  describe("where the organisation lets them", () => {
    beforeEach(() => start());

    it("adds one by a code to it, and tells the other address, with a link that undoes it", async () => {
      const done = await add();
      expect(done.text).to.include(say("account.done.added"));
      expect(await addresses()).to.deep.equal([old, added]);
      const [mail] = guestpass.mail.to(added);
      expect(mail?.parsed.subject).to.equal(say("mail.new-address.subject", { organisation: "Contoso" }));
      const link = await undoLink(old);
      const before = await guestpass.browser().open(link);
      expect(before.text).to.include(say("account.undo.added")).and.include(added);
      expect(await addresses(), "opening the link changes nothing").to.deep.equal([old, added]);
      expect((await undo(link)).title).to.equal(say("account.undo.undone"));
      expect(await addresses()).to.deep.equal([old]);
      expect((await browser.open(page)).document.querySelector("input[name=email][autofocus]"), "signed out everywhere").not.to.equal(null);
    });

    it("signs in with the new address as the same guest", async () => {
      await add();
      const other = guestpass.browser();
      guestpass.clock.advance({ minutes: 2 });
      expect((await enterAccount(guestpass, other, added)).document.querySelector("#addresses")?.text).to.include(old);
    });

    it("asks for a fresh code before the page and before each act", async () => {
      const asked = await browser.open(page);
      guestpass.clock.advance({ minutes: 16 });
      for (const answer of [await browser.open(page), await browser.submit(asked, "/account/addresses", { email: added })])
        expect(answer.url).to.include("/interaction/");
      expect(guestpass.mail.to(added)).to.deep.equal([]);
      expect((await enterAccount(guestpass, browser, old, await browser.open(page))).title).to.equal(say("account.new.title"));
    });

    it("refuses text that is not an address, and one that is the guest's own", async () => {
      for (const [typed, key] of [
        ["ada", "enter-email.invalid"],
        ["ADA@example.com", "account.new.own"],
      ] as const) {
        const answer = await ask(typed);
        expect(answer.status).to.equal(422);
        expect(answer.document.querySelector("#email-problem")?.text).to.equal(say(key));
      }
    });

    it("counts wrong codes, and lets nobody try without an end", async () => {
      const asked = await ask();
      const code = await guestpass.mail.code(added);
      const wrong = code === "000000" ? "000001" : "000000";
      let answer = asked;
      for (let tries = 0; tries < 5; tries++) answer = await type(asked, wrong);
      expect(answer.text).to.include(say("account.new.over"));
      expect((await type(asked, code)).text).to.include(say("account.new.over"));
      expect(await addresses()).to.deep.equal([old]);
    });

    it("tells nobody that an address is another guest's before its mailbox is proven", async () => {
      await guestpass.addGuest("bob@example.com", { name: "Bob" });
      const shown = async (address: string) => {
        const asked = await ask(address);
        const code = await guestpass.mail.code(address);
        const mail = guestpass.mail.to(address)[0]?.parsed.text ?? "";
        return {
          asked,
          code,
          seen: [asked.status, asked.text, mail]
            .join()
            .replaceAll(address, "")
            .replaceAll(code, "")
            .replace(/\b[A-HJKMNP-Z2-9]{4}\b/g, ""),
        };
      };
      const known = await shown("bob@example.com");
      const unknown = await shown("eve@example.com");
      expect(known.seen).to.equal(unknown.seen);
      const taken = await type(known.asked, known.code);
      expect(taken.text).to.include(say("account.new.taken")).and.not.include("Bob");
      expect(await addresses()).to.deep.equal([old]);
    });

    it("takes no code in another session, nor of another guest", async () => {
      const asked = await ask();
      const code = await guestpass.mail.code(added);
      const other = guestpass.browser();
      await guestpass.addGuest("mallory@example.com");
      await enterAccount(guestpass, other, "mallory@example.com");
      expect((await other.open(asked.url)).title).to.equal(say("account.new.title"));
      const token = (await other.open(page)).document.querySelector("input[name=token]")?.getAttribute("value") as string;
      await other.request(asked.url, { method: "POST", body: new URLSearchParams({ token, code }) });
      expect(await addresses()).to.deep.equal([old]);
    });

    it("adds an address once, however often and however many at once", async () => {
      const asked = await ask();
      const code = await guestpass.mail.code(added);
      const answers = await Promise.all(Array.from({ length: 4 }, () => type(asked, code)));
      expect(answers.map(({ url }) => new URL(url).search)).to.deep.equal(Array(4).fill("?done=added"));
      expect(await addresses()).to.deep.equal([old, added]);
      const { audit } = guestpass.server.app;
      expect((await audit.list({ guestSub: sub, action: "alias.added" }, 10)).entries).to.have.length(1);
    });

    it("gives an address that two guests add at once to one of them", async () => {
      const other = guestpass.browser();
      const others = await guestpass.addGuest("bob@example.com");
      await enterAccount(guestpass, other, "bob@example.com");
      const mine = await ask();
      const code = await guestpass.mail.code(added);
      guestpass.clock.advance({ minutes: 1 });
      const theirs = await other.submit(await other.open(page), "/account/addresses", { email: added });
      const second = await guestpass.mail.code(added, 2);
      await Promise.all([type(mine, code), other.submit(theirs, new URL(theirs.url).pathname, { code: second })]);
      const owners = [sub, others].map(async (each) => (await guestpass.server.app.guests.aliases(each)).length);
      expect((await Promise.all(owners)).sort()).to.deep.equal([1, 2]);
    });

    it("chooses the main address, which keeps its proof, and the change can be undone", async () => {
      await add();
      expect((await choose(added)).text).to.include(say("account.done.main"));
      const { guests } = guestpass.server.app;
      expect(await guests.findBySub(sub)).to.include({ email: added });
      expect((await guests.findBySub(sub))?.verifiedAt).not.to.equal(null);
      expect((await undo(await undoLink(old, 2))).title).to.equal(say("account.undo.undone"));
      expect((await guests.findBySub(sub))?.email).to.equal(old);
    });

    it("does not make an unproven address the main one", async () => {
      const { aliases, guests } = guestpass.server.app;
      const by = { who: "operator", channel: "cli", network: null } as const;
      await aliases.add((await guests.findBySub(sub)) as Guest, parseAddress(added) as Address, { otherMailbox: true }, by);
      const open = await browser.open(page);
      expect(open.document.querySelectorAll("form[action$='/main']")).to.have.length(0);
      const token = open.document.querySelector("input[name=token]")?.getAttribute("value") as string;
      await browser.request(`${page}/main`, { method: "POST", body: new URLSearchParams({ token, address: added }) });
      expect((await guests.findBySub(sub))?.email).to.equal(old);
    });

    it("undoes an added address that became the main one: the one before is main again, and later links are over", async () => {
      await add();
      const [adding, , choosing] = [await undoLink(old), await choose(added), await undoLink(old, 2)];
      expect((await undo(adding)).title).to.equal(say("account.undo.undone"));
      expect(await guestpass.server.app.guests.aliases(sub)).to.have.length(1);
      expect((await guestpass.server.app.guests.findBySub(sub))?.email).to.equal(old);
      expect((await guestpass.browser().open(choosing)).title).to.equal(say("account.undo.changed-since"));
    });

    it("does not undo a choice that was replaced by another", async () => {
      await add();
      guestpass.clock.advance({ minutes: 1 });
      await add("ada@third.example");
      await choose(added);
      const first = await undoLink(old, 3);
      await choose("ada@third.example");
      expect((await guestpass.browser().open(first)).title).to.equal(say("account.undo.changed-since"));
      expect(await guestpass.server.app.aliases.undo(first.split("/").at(-1) as string, null)).to.equal("changed-since");
      expect((await guestpass.server.app.guests.findBySub(sub))?.email).to.equal("ada@third.example");
    });

    describe("removing one", () => {
      /** The page that asks, from the link's own words. */
      const askRemoval = async (address: string) => {
        const shown = await browser.open(page);
        const link = shown.document.querySelectorAll("a").find(({ text }) => text === say("account.remove.link", { address }));
        if (!link) throw new Error("the address cannot be removed");
        return browser.open(new URL(link.getAttribute("href") as string, shown.url).href);
      };
      const remove = async (asked: Answer) => browser.submit(asked, new URL(asked.url).pathname);
      const mailsOf = async (recipient: string, key: "mail.addresses-changed.removed" | "mail.addresses-changed.undone") => {
        const words = say(key, { organisation: "Contoso" });
        const found = () => guestpass.mail.to(recipient).filter(({ parsed }) => parsed.text?.replace(/\s+/g, " ").includes(words));
        await guestpass.mail.until(() => found().length > 0);
        return found();
      };

      it("says what it means, and tells the others with a link that brings it back for 7 days, and the removed one without", async () => {
        await add();
        await undoLink(old);
        await inviteQuietly(guestpass, "files", added);
        const asked = await askRemoval(added);
        expect(asked.title).to.equal(say("account.remove.title"));
        expect(asked.text)
          .to.include(added)
          .and.include(say("account.remove.invitations", { applications: "Project files" }));
        expect(asked.url).not.to.include(added);
        expect(await addresses(), "asking removes nothing").to.deep.equal([old, added]);
        expect((await remove(asked)).text).to.include(say("account.done.removed"));
        expect(await addresses()).to.deep.equal([old]);
        expect((await mailsOf(added, "mail.addresses-changed.removed"))[0]?.parsed.text).not.to.include("/account/undo/");
        await mailsOf(old, "mail.addresses-changed.removed");
        const link = await undoLink(old, 2);
        const before = await guestpass.browser().open(link);
        expect(before.text).to.include(say("account.undo.removed")).and.include(added).and.include(say("account.undo.effect-removed"));
        expect((await undo(link)).title).to.equal(say("account.undo.undone"));
        const back = await guestpass.server.app.guests.aliases(sub);
        expect(back.map(({ address, verifiedAt }) => [address, verifiedAt === null])).to.deep.equal([
          [old, false],
          [added, true],
        ]);
        await mailsOf(added, "mail.addresses-changed.undone");
        expect((await browser.open(page)).document.querySelector("input[name=email][autofocus]"), "signed out everywhere").not.to.equal(
          null,
        );
        guestpass.clock.advance({ minutes: 2 });
        expect((await enterAccount(guestpass, guestpass.browser(), added)).title).to.equal(say("account.title"));
      });

      it("never removes the main one, nor the only one that was ever proven", async () => {
        await add();
        const asked = await askRemoval(added);
        await choose(added);
        const answer = await remove(asked);
        expect([answer.status, answer.text.includes(say("account.remove.main"))]).to.deep.equal([409, true]);
        const by = { who: "operator", channel: "cli", network: null } as const;
        const { aliases, guests } = guestpass.server.app;
        const never = parseAddress("ada@never.example") as Address;
        await aliases.add((await guests.findBySub(sub)) as Guest, never, { otherMailbox: true }, by);
        await aliases.makePrimary((await guests.findBySub(sub)) as Guest, never, by);
        await aliases.remove((await guests.findBySub(sub)) as Guest, parseAddress(old) as Address, by);
        guestpass.clock.advance({ minutes: 2 });
        browser = guestpass.browser();
        // The code, and the notice that it is not the main one any more: the next mail is the code to sign in.
        await guestpass.mail.wait(added, 2);
        await enterAccount(guestpass, browser, added);
        const last = await remove(await askRemoval(added));
        expect([last.status, last.text.includes(say("account.remove.last"))]).to.deep.equal([409, true]);
        expect(await addresses()).to.deep.equal([never.typed, added]);
      });

      it("asks for a fresh code before the page and before the act", async () => {
        await add();
        const asked = await askRemoval(added);
        guestpass.clock.advance({ minutes: 16 });
        for (const answer of [await browser.open(asked.url), await remove(asked)]) expect(answer.url).to.include("/interaction/");
        expect(await addresses()).to.deep.equal([old, added]);
      });

      it("takes no link of another session or guest, and nothing without the page's own token", async () => {
        await add();
        const asked = await askRemoval(added);
        await browser.request(asked.url, { method: "POST", body: new URLSearchParams({}) });
        const other = guestpass.browser();
        await guestpass.addGuest("mallory@example.com");
        await enterAccount(guestpass, other, "mallory@example.com");
        expect((await other.open(asked.url)).title).to.equal(say("account.new.title"));
        const token = (await other.open(page)).document.querySelector("input[name=token]")?.getAttribute("value") as string;
        await other.request(asked.url, { method: "POST", body: new URLSearchParams({ token }) });
        expect(await addresses()).to.deep.equal([old, added]);
      });

      for (const [which, nth] of [
        ["the added address", 1],
        ["the choice of the main one", 2],
      ] as const)
        it(`is brought back where ${which} is undone that came before it: nobody takes a guest over with an address of their own`, async () => {
          await add();
          await undoLink(old);
          await choose(added);
          await undoLink(old, 2);
          await remove(await askRemoval(old));
          await mailsOf(old, "mail.addresses-changed.removed");
          expect((await undo(await undoLink(old, nth))).title).to.equal(say("account.undo.undone"));
          expect((await guestpass.server.app.guests.findBySub(sub))?.email).to.equal(old);
          expect(await addresses()).to.deep.equal(nth === 1 ? [old] : [old, added]);
          const { entries } = await guestpass.server.app.audit.list({ guestSub: sub, action: "alias.added" }, 10);
          expect(entries.map(({ personal }) => (personal as { address: string }).address)).to.deep.equal([old, added]);
          if (nth === 2) expect((await undo(await undoLink(old))).title).to.equal(say("account.undo.undone"));
          guestpass.clock.advance({ minutes: 2 });
          expect((await enterAccount(guestpass, guestpass.browser(), old)).title).to.equal(say("account.title"));
          expect(await addresses()).to.deep.equal([old]);
        });

      it("removes once, and brings back once, however many at once", async () => {
        await add();
        await undoLink(old);
        const asked = await askRemoval(added);
        const answers = await Promise.all(Array.from({ length: 4 }, () => remove(asked)));
        expect(answers.map(({ url }) => new URL(url).search)).to.deep.equal(Array(4).fill("?done=removed"));
        const { audit, aliases } = guestpass.server.app;
        expect((await audit.list({ guestSub: sub, action: "alias.removed" }, 10)).entries).to.have.length(1);
        const token = (await undoLink(old, 2)).split("/").at(-1) as string;
        expect(await Promise.all(Array.from({ length: 4 }, () => aliases.undo(token, null)))).to.deep.equal(Array(4).fill("undone"));
        expect(await addresses()).to.deep.equal([old, added]);
      });

      it("brings nothing back that another guest has by now, nor after 7 days", async () => {
        await add();
        await undoLink(old);
        await remove(await askRemoval(added));
        const link = await undoLink(old, 2);
        const others = await guestpass.addGuest(added);
        expect((await guestpass.browser().open(link)).title).to.equal(say("account.undo.changed-since"));
        expect(await guestpass.server.app.aliases.undo(link.split("/").at(-1) as string, null)).to.equal("changed-since");
        expect((await guestpass.server.app.guests.aliases(others)).map(({ address }) => address)).to.deep.equal([added]);
        expect((await browser.open(page)).title, "nobody is signed out by it").to.equal(say("account.new.title"));
        guestpass.clock.advance({ days: 7 });
        expect((await guestpass.browser().open(link)).title).to.equal(say("account.undo.over"));
      });
    });

    it("undoes once, however often and however many at once", async () => {
      await add();
      const link = await undoLink(old);
      const token = link.split("/").at(-1) as string;
      const { aliases, audit } = guestpass.server.app;
      const outcomes = await Promise.all(Array.from({ length: 4 }, () => aliases.undo(token, null)));
      expect(outcomes).to.deep.equal(Array(4).fill("undone"));
      expect((await audit.list({ guestSub: sub, action: "alias.removed" }, 10)).entries).to.have.length(1);
      expect((await guestpass.browser().open(link)).title).to.equal(say("account.undo.undone"));
    });

    it("undoes for 7 days, and only what a link of ours says", async () => {
      await add();
      const link = await undoLink(old);
      const forged = await guestpass.browser().open(`${link.slice(0, -2)}AA`);
      expect(forged.status).to.equal(404);
      guestpass.clock.advance({ days: 7 });
      await guestpass.server.app.sweep();
      const late = await guestpass.browser().open(link);
      expect([late.status, late.title]).to.deep.equal([404, say("account.undo.over")]);
      expect(await addresses()).to.deep.equal([old, added]);
    });
  });

  it("is told whom to ask where the organisation does not allow it", async () => {
    await start({ GUESTPASS_ADDRESS_CHANGES: "off", GUESTPASS_MAIL_SUPPORT: "help@contoso.example" });
    const overview = await browser.open(`${guestpass.issuer}/account`);
    expect(overview.document.querySelector("#addresses a[href^='mailto:']")?.text).to.equal("help@contoso.example");
    expect(overview.document.querySelector("a[href='/account/addresses']")).to.equal(null);
    expect((await browser.open(page)).status).to.equal(403);
    const token = overview.document.querySelector("input[name=token]")?.getAttribute("value") as string;
    for (const path of [page, `${page}/remove/anything`])
      expect((await browser.request(path, { method: "POST", body: new URLSearchParams({ token, email: added }) })).status).to.equal(403);
    expect(guestpass.mail.to(added)).to.deep.equal([]);
  });
});
