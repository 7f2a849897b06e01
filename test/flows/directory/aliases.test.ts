import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { whoIs } from "../../support/identity.ts";

const address = (typed: string) => parseAddress(typed) as Address;

describe("a guest with several addresses", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files", { admission: "directory" });
  });
  after(() => guestpass.stop());

  async function addAlias(sub: string, alias: string, { otherMailbox = false } = {}) {
    const { guests, aliases } = guestpass.server.app;
    return aliases.add((await guests.findBySub(sub)) as Guest, address(alias), { otherMailbox }, operator);
  }

  /** @returns the guest's sub */
  async function record(primary: string, alias: string, options: { otherMailbox?: boolean } = {}): Promise<string> {
    const sub = await guestpass.addGuest(primary);
    expect(await addAlias(sub, alias, options)).to.deep.equal({ outcome: "done" });
    const [notice] = await guestpass.mail.wait(primary);
    expect(notice?.parsed.subject).to.equal("Your guest addresses were changed");
    return sub;
  }

  it("is the same guest under each of them, and known to applications by the primary one", async () => {
    const sub = await record("ada@work.example", "ada.lovelace@work.example");
    for (const typed of ["ada@work.example", "ada.lovelace@work.example", "ADA.Lovelace@Work.Example"]) {
      const mailbox = typed.toLowerCase();
      expect(await whoIs(guestpass, application, typed, mailbox)).to.include({ sub, email: "ada@work.example", email_verified: true });
    }
  });

  it("proves the mailbox, so that an alias of the same mailbox verifies the primary address", async () => {
    await record("grace@work.example", "grace.hopper@work.example");
    expect(await whoIs(guestpass, application, "grace.hopper@work.example")).to.include({
      email: "grace@work.example",
      email_verified: true,
    });
  });

  it("has an unverified primary address while only another mailbox was proven", async () => {
    const sub = await record("mary@work.example", "mary@home.example", { otherMailbox: true });
    expect(await whoIs(guestpass, application, "mary@home.example")).to.include({ sub, email: "mary@work.example", email_verified: false });
    expect(await whoIs(guestpass, application, "mary@work.example")).to.include({ sub, email_verified: true });
  });

  it("gets the code at the address that was typed, not at the primary address", async () => {
    await record("joan@work.example", "joan@home.example", { otherMailbox: true });
    await whoIs(guestpass, application, "joan@home.example");
    expect(guestpass.mail.to("joan@work.example").map(({ parsed }) => parsed.subject)).to.deep.equal(["Your guest addresses were changed"]);
  });

  it("cannot be given an address that somebody has", async () => {
    const { guests } = guestpass.server.app;
    const sub = await record("jean@work.example", "jean.b@work.example");
    const other = await guestpass.addGuest("betty@work.example");
    expect(await addAlias(other, "JEAN.B@work.example")).to.deep.equal({ outcome: "taken", sub });
    expect(await addAlias(other, "jean@work.example", { otherMailbox: true })).to.deep.equal({ outcome: "taken", sub });
    expect(await guests.aliases(other)).to.have.length(1);
  });

  it("is one guest though two administrators add the same address at once", async () => {
    const { guests } = guestpass.server.app;
    const results = await Promise.all(Array.from({ length: 8 }, () => guests.add(address("both@work.example"), {}, operator)));
    expect(new Set(results.map(({ sub }) => sub)).size).to.equal(1);
    expect(results.filter(({ created }) => created)).to.have.length(1);
  });
});
