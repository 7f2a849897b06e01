import { expect } from "chai";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import type { AuthorizationRequest, Guestpass } from "../../support/guestpass.ts";
import { browserAt, network, startLimited, waitOf } from "../../support/limits.ts";
import { verdict, wrongCodes } from "../../support/passcodes.ts";

interface SignIn {
  browser: Browser;
  page: Answer;
  code: string;
}

describe("codes can be tried only so often for one address", () => {
  let guestpass: Guestpass;
  let request: AuthorizationRequest;
  const home = network(1);
  const elsewhere = network(2);

  before(async () => {
    guestpass = await startLimited({ GUESTPASS_LIMIT_CODES_PER_ADDRESS: "10000/1m", GUESTPASS_LIMIT_CODES_PER_NETWORK: "10000/1m" });
    request = await guestpass.authorizationRequest(await guestpass.register("files"));
  });
  after(() => guestpass.stop());

  async function begin(address: string, ip: string): Promise<SignIn> {
    const browser = browserAt(guestpass, ip);
    const before = guestpass.mail.to(address).length;
    const page = await guestpass.askForCode(browser, request, address);
    return { browser, page, code: await guestpass.mail.code(address, before + 1) };
  }

  const type = ({ browser, page }: SignIn, code: string) => browser.post(page, "/passcode", { code });

  /** Types wrong codes, five in each sign-in, from a network of the attacker's. */
  async function attack(address: string, howMany: number): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let sent = 0; sent < howMany; sent += 5) {
      const signIn = await begin(address, network(1000 + sent));
      for (const wrong of wrongCodes(signIn.code, Math.min(5, howMany - sent))) answers.push(await type(signIn, wrong));
    }
    return answers;
  }

  it("after 120 wrong ones of an attacker, not even the right one is taken from the attacker, and the guest signs in from where they did before", async () => {
    const address = "ada@example.com";
    const first = await begin(address, home);
    expect(verdict(await type(first, first.code))).to.equal("accepted");

    const [attacker, guest] = [await begin(address, network(2000)), await begin(address, network(1, 99))];
    const answers = await attack(address, 120);
    expect(answers.filter(({ status }) => status !== 429)).to.have.length(19);
    expect((await type(attacker, attacker.code)).status).to.equal(429);
    expect(verdict(await type(guest, guest.code))).to.equal("accepted");
  });

  describe("past it, whoever has no network to come back to", () => {
    it("is mailed a code that is too long to be guessed, and is in with it at once", async () => {
      const address = "first@example.com";
      await attack(address, 20);
      const guest = await begin(address, elsewhere);
      expect(guest.code).to.match(/^\d{12}$/);
      expect(guest.page.text).to.contain("12-digit code");
      expect(verdict(await type(guest, guest.code))).to.equal("accepted");
    });

    it("gets one for a sign-in that is open already, from the page that says so", async () => {
      const address = "open@example.com";
      const guest = await begin(address, elsewhere);
      await attack(address, 20);
      const refused = await type(guest, guest.code);
      expect(refused.status).to.equal(429);
      expect(refused.text).to.contain("or ask for another code below: it is longer, and it works at once.");
      expect(refused.document.querySelector("details[open] form[action$=resend]"), "the way to it is in sight").to.not.equal(null);
      const before = guestpass.mail.to(address).length;
      const page = await guest.browser.submit(refused, "/resend");
      const code = await guestpass.mail.code(address, before + 1);
      expect(code).to.have.length(12);
      expect((await type({ ...guest, page }, guest.code)).status, "the short one is not taken now").to.equal(429);
      expect(verdict(await type({ ...guest, page }, code))).to.equal("accepted");
    });

    it("has five tries of it in a sign-in, as of any code", async () => {
      const address = "typing@example.com";
      await attack(address, 20);
      const guest = await begin(address, elsewhere);
      const wrong = String((Number(guest.code) + 1) % 10 ** 12).padStart(12, "0");
      const answers: Answer[] = [];
      for (let times = 0; times < 5; times++) answers.push(await type(guest, wrong));
      expect(answers.map((answer) => verdict(answer))).to.deep.equal(["not right", "not right", "not right", "not right", "locked"]);
      expect(verdict(await type(guest, guest.code))).to.equal("locked");
    });

    it("is mailed one of the usual length again after an hour", async () => {
      const address = "later@example.com";
      await attack(address, 20);
      guestpass.clock.advance({ hours: 1 });
      expect((await begin(address, elsewhere)).code).to.have.length(6);
    });
  });

  it("a guest who signs in more often than that in an hour, always from one network, is let in each time", async () => {
    for (let times = 0; times < 22; times++) {
      const signIn = await begin("busy@example.com", home);
      expect(verdict(await type(signIn, signIn.code)), `sign-in ${times + 1}`).to.equal("accepted");
    }
  });

  it("from another network the guest is told how long to wait, and loses nothing by trying: after an hour the right one is taken", async () => {
    const address = "grace@example.com";
    const early = await begin(address, elsewhere);
    await attack(address, 20);
    const refused = await type(early, early.code);
    expect(refused.status).to.equal(429);
    expect(waitOf(refused)).to.be.within(3500, 3600);
    expect(refused.text).to.match(/Too many codes were tried for this address. Try again in (1 hour|60 minutes), or/);
    guestpass.clock.advance({ minutes: 58 });
    expect((await type(early, early.code)).status).to.equal(429);
    guestpass.clock.advance({ minutes: 2 });
    const late = await begin(address, elsewhere);
    expect(verdict(await type(late, late.code))).to.equal("accepted");
  });

  it("50 in a day, however they are spread", async () => {
    const address = "spread@example.com";
    const taken: number[] = [];
    for (let hours = 0; hours < 4; hours++) {
      taken.push((await attack(address, 25)).filter(({ status }) => status !== 429).length);
      guestpass.clock.advance({ hours: 1 });
    }
    expect(taken).to.deep.equal([20, 20, 10, 0]);
    expect((await begin(address, elsewhere)).code, "as long as on the day before").to.have.length(12);
    guestpass.clock.advance({ hours: 20 });
    const next = await begin(address, elsewhere);
    expect(verdict(await type(next, next.code))).to.equal("accepted");
  });

  it("of 30 right ones at the same moment, each in a sign-in of its own, 20 are taken", async () => {
    const signIns: SignIn[] = [];
    for (let index = 0; index < 30; index++) signIns.push(await begin("race@example.com", network(3000 + index)));
    const answers = await Promise.all(signIns.map((signIn) => type(signIn, signIn.code)));
    expect(answers.filter(({ status }) => status === 303)).to.have.length(20);
    expect(answers.filter(({ status }) => status === 429)).to.have.length(10);
  });

  it("says the same to a right and a wrong one, from a known network as from another, for a guest as for nobody", async () => {
    const pages: string[] = [];
    for (const [address, ip, right] of [
      ["known1@example.com", elsewhere, true],
      ["known2@example.com", elsewhere, false],
      ["known3@example.com", home, false],
      ["nobody@example.com", home, false],
    ] as const) {
      const known = await begin(address, home);
      if (address !== "nobody@example.com") await type(known, known.code);
      const signIn = await begin(address, ip);
      await attack(address, 20);
      const answer = await type(signIn, right ? signIn.code : (wrongCodes(signIn.code, 1)[0] as string));
      pages.push(`${answer.status} ${answer.text.replaceAll(address, "[address]").replace(/reference as this page: \w+/, "")}`);
    }
    expect(pages[0]).to.match(/^429 /);
    expect(new Set(pages).size).to.equal(1);
  });

  describe("in a sign-in that asked for codes for several addresses", () => {
    const others = Array.from({ length: 11 }, (_, index) => `bystander${index}@example.com`);

    /** Asks for the address as well, in the same sign-in. @returns the page that shows it */
    async function askToo({ browser, page }: SignIn, email: string): Promise<SignIn> {
      const before = guestpass.mail.to(email).length;
      const form = await browser.open(`${new URL("email", `${page.url.split("?")[0]}/`)}`);
      const answer = await browser.submit(form, "/email", { email });
      return { browser, page: answer, code: await guestpass.mail.code(email, before + 1) };
    }

    it("count for the address that the page shows: 20 wrong ones lock nobody else out", async () => {
      for (let sent = 0; sent < 20; sent += 5) {
        let signIn = await begin("shown0@example.com", network(4000 + sent));
        for (const address of [...others, "shown@example.com"]) signIn = await askToo(signIn, address);
        for (const wrong of wrongCodes(signIn.code, 5)) await type(signIn, wrong);
      }
      for (const address of others) {
        const signIn = await begin(address, elsewhere);
        expect(signIn.code, address).to.have.length(6);
        expect(verdict(await type(signIn, signIn.code)), address).to.equal("accepted");
      }
      expect((await begin("shown@example.com", elsewhere)).code, "the one that was shown").to.have.length(12);
    });

    it("are compared with the codes that were mailed to the address that the page shows: another one's right code is wrong there", async () => {
      const victim = await begin("victim@example.com", network(4100));
      const own = await askToo(victim, "attacker@example.com");
      expect(verdict(await type(own, victim.code))).to.equal("not right");
      expect(verdict(await type(own, own.code))).to.equal("accepted");
    });

    it("work on a page that was opened before another address was typed elsewhere", async () => {
      const first = await begin("tab-one@example.com", network(4200));
      const second = await askToo(first, "tab-two@example.com");
      expect(verdict(await type(first, second.code))).to.equal("not right");
      expect(verdict(await type(first, first.code))).to.equal("accepted");
    });

    it("cannot avoid the count by naming another page", async () => {
      for (let sent = 0; sent < 20; sent += 5) {
        const signIn = await begin("counted@example.com", network(4300 + sent));
        const own = await askToo(signIn, "cover@example.com");
        for (const wrong of wrongCodes(signIn.code, 5)) await own.browser.post(signIn.page, "/passcode", { code: wrong });
      }
      expect((await begin("counted@example.com", elsewhere)).code).to.have.length(12);
      expect((await begin("cover@example.com", elsewhere)).code).to.have.length(6);
    });
  });

  it("none is taken while they cannot be counted, the right one neither", async () => {
    const { db } = guestpass.server.app;
    const signIn = await begin("uncounted@example.com", home);
    await db.schema.renameTable("limits", "limits_away");
    try {
      for (let times = 0; times < 6; times++) expect((await type(signIn, signIn.code)).status).to.equal(500);
    } finally {
      await db.schema.renameTable("limits_away", "limits");
    }
    expect(verdict(await type(signIn, signIn.code))).to.equal("accepted");
  });

  it("says nothing of the guest's other addresses", async () => {
    const sub = await guestpass.addGuest("one@example.com");
    await guestpass.server.app.admin("addAlias", { params: { sub }, body: { email: "two@example.com" } });
    await guestpass.mail.wait("one@example.com");
    await attack("one@example.com", 25);
    const other = await begin("two@example.com", elsewhere);
    expect(verdict(await type(other, wrongCodes(other.code, 1)[0] as string))).to.equal("not right");
  });

  it("networks are remembered unreadably, the last ten, another way for each guest, and not beyond the guest", async () => {
    const { db, guests, admin } = guestpass.server.app;
    /** Signs in from there. @returns who it is */
    const visit = async (address: string, ip: string) => {
      const signIn = await begin(address, ip);
      await type(signIn, signIn.code);
      return String((await guests.findOwner(parseAddress(address) as Address))?.sub);
    };
    const remembered = (sub: string) => db("mailboxes").where({ guest_sub: sub }).pluck("networks");
    let sub = "";
    for (let place = 0; place < 12; place++) sub = await visit("traveller@example.com", network(100 + place));
    const [marks = ""] = await remembered(sub);
    expect(marks).to.match(/^([0-9a-f]{16} ){10}$/);
    const [companion = ""] = await remembered(await visit("companion@example.com", network(111)));
    expect(companion).to.match(/^[0-9a-f]{16} $/);
    expect(marks).to.not.contain(companion);
    await admin("eraseGuest", { params: { sub } });
    expect(await remembered(sub)).to.deep.equal([]);
  });
});
