import { expect } from "chai";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { whoIs } from "../../support/identity.ts";

describe("one address however it is written", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  const recorded = (typed: string) => guestpass.addGuest(typed);
  const signIn = (typed: string, mailbox?: string) => whoIs(guestpass, application, typed, mailbox);

  /** What was recorded, what is typed, and where the mail arrives, as the mail server spells it: at the recorded address. */
  const sameGuest: Record<string, [recorded: string, typed: string, mailbox: string]> = {
    "in capitals": ["ada@example.com", "ADA@Example.COM", "ada@example.com"],
    "in small letters": ["Grace@Example.com", "grace@example.com", "Grace@example.com"],
    "with a domain in its own script": ["ada@xn--mnchen-3ya.example", "ada@münchen.example", "ada@münchen.example"],
    "with a domain in ASCII": ["eve@münchen.example", "eve@xn--mnchen-3ya.example", "eve@münchen.example"],
    "with accents made of two characters": ["ren\u00e9@example.com", "rene\u0301@example.com", "ren\u00e9@example.com"],
    "with full-width letters in the domain": ["kim@example.com", "kim@ｅxample.com", "kim@example.com"],
    "with full-width letters throughout, and a full-width @": ["bob@example.com", "ｂｏｂ＠ｅｘａｍｐｌｅ．ｃｏｍ", "bob@example.com"],
    "with a Kelvin sign for a K": ["karl@example.com", "\u212aarl@example.com", "karl@example.com"],
    "with spaces around it": ["mary@example.com", "  mary@example.com ", "mary@example.com"],
  };

  for (const [how, [address, typed, mailbox]] of Object.entries(sameGuest)) {
    it(`${how} is the same guest, and the mail goes to the recorded address`, async () => {
      const sub = await recorded(address);
      const before = guestpass.mail.mails.length;
      expect(await signIn(typed, mailbox)).to.include({ sub, email: address });
      expect(guestpass.mail.mails.slice(before).map(({ to }) => to)).to.deep.equal([mailbox]);
    });
  }

  /** What was recorded, and what looks much like it. */
  const someoneElse: Record<string, [recorded: string, typed: string]> = {
    "a plus-address": ["joan@example.com", "joan+files@example.com"],
    "a dot more": ["janedoe@example.com", "jane.doe@example.com"],
    "a dotless i": ["lisa@example.com", "l\u0131sa@example.com"],
    "a capital I with a dot": ["ida@example.com", "\u0130da@example.com"],
    "a long s": ["sam@example.com", "\u017fam@example.com"],
    "a Cyrillic a": ["anna@example.com", "\u0430nna@example.com"],

    "an accent": ["jose@example.com", "jos\u00e9@example.com"],
  };

  for (const [what, [address, typed]] of Object.entries(someoneElse)) {
    it(`${what} is another address: its mail goes there, and it is another guest`, async () => {
      const sub = await recorded(address);
      const stranger = await signIn(typed);
      expect(stranger.sub).to.not.equal(sub);
      expect(stranger["email"]).to.equal(typed);
      expect(guestpass.mail.to(address)).to.deep.equal([]);
      expect((await signIn(address)).sub).to.equal(sub);
    });
  }

  it("what mail cannot be sent to is refused on the spot, and nothing is sent", async () => {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const page = await browser.open(request.url);
    const { db } = guestpass.server.app;
    const before = await db("outbox").count({ rows: "*" });
    for (const typed of [
      "",
      "ada",
      "@example.com",
      "ada@",
      "ada@localhost",
      "ada@example.com, eve@example.com",
      "Ada <ada@example.com>",
      "ada@exam\r\nBcc: eve@example.com",
      "ada@example.com/eve",
      "ada@example.com?eve",
      "ada@example.com#eve",
      "ada@exam%70le.com",
      "ada@[127.0.0.1]",
      '"ada lovelace"@example.com',
      "ada\u0000@example.com",
      `${"a".repeat(65)}@example.com`,
    ]) {
      const answer = await browser.post(page, "/email", { email: typed });
      expect(answer.status, typed).to.equal(422);
      expect(answer.document.querySelector("#email-problem"), typed).to.not.equal(null);
    }
    expect(await db("outbox").count({ rows: "*" })).to.deep.equal(before);
  });
});
