import { expect } from "chai";
import type { Answer } from "../../support/browser.ts";
import { databaseKind } from "../../support/databases.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { whoIs } from "../../support/identity.ts";

describe("the first proof of a mailbox", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  const guestsWith = async (email: string) => (await guestpass.server.app.guests.list()).guests.filter((guest) => guest.email === email);

  it("records the guest, and asking for a code does not", async () => {
    const browser = guestpass.browser({ "accept-language": "en" });
    const request = await guestpass.authorizationRequest(application);
    const page = await guestpass.askForCode(browser, request, "new@example.com");
    const code = await guestpass.mail.code("new@example.com");
    expect(await guestsWith("new@example.com")).to.deep.equal([]);
    const tokens = await guestpass.redeem(request, await browser.submit(page, "/passcode", { code }));
    const [guest, ...others] = await guestsWith("new@example.com");
    expect(guest).to.include({ sub: tokens.claims()?.sub, state: "active", locale: "en", name: null });
    expect(guest?.verifiedAt).to.be.closeTo(Date.now(), 60_000);
    expect(others).to.deep.equal([]);
  });

  it("makes a guest who was invited active, and keeps the sub", async () => {
    const { guests } = guestpass.server.app;
    const sub = await guestpass.addGuest("invited@example.com", { name: "Ada Lovelace" });
    expect(await guests.findBySub(sub)).to.include({ state: "invited", verifiedAt: null });
    expect(await whoIs(guestpass, application, "invited@example.com")).to.include({ sub, name: "Ada Lovelace" });
    expect(await guests.findBySub(sub)).to.include({ state: "active" });
  });

  it("gives the same sub at the next sign-in, in another browser and another application", async () => {
    const other = await guestpass.register("wiki");
    const first = await whoIs(guestpass, application, "again@example.com");
    expect((await whoIs(guestpass, other, "again@example.com")).sub).to.equal(first.sub);
  });

  it("is kept up to date: each proof is the last one", async () => {
    const { sub } = await whoIs(guestpass, application, "dated@example.com");
    const first = (await guestpass.server.app.guests.findBySub(sub))?.verifiedAt as number;
    guestpass.clock.advance({ days: 3 });
    await whoIs(guestpass, application, "dated@example.com");
    const second = (await guestpass.server.app.guests.findBySub(sub))?.verifiedAt as number;
    expect(second - first).to.be.closeTo(3 * 24 * 60 * 60 * 1000, 60_000);
  });

  it("ends in one guest though it comes from two browsers at the same moment", async () => {
    for (let round = 0; round < 5; round++) await proveTwiceAtOnce(`race${round}@example.com`, guestpass);
  });

  // SQLite is for one server.
  if (databaseKind === "postgres") {
    it("ends in one guest though it comes from two browsers at two instances at the same moment", async () => {
      const other = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer }, { on: guestpass });
      try {
        for (let round = 0; round < 5; round++) await proveTwiceAtOnce(`far${round}@example.com`, other);
      } finally {
        await other.server.close();
      }
    });
  }

  async function proveTwiceAtOnce(address: string, other: Guestpass): Promise<void> {
    const visits = [];
    for (const nth of [1, 2]) {
      const browser = guestpass.browser();
      const request = await guestpass.authorizationRequest(application);
      const here = await guestpass.askForCode(browser, request, address);
      const page = nth === 1 ? here : await browser.open(new URL(new URL(here.url).pathname, other.issuer).href);
      visits.push({ browser, request, page, code: await guestpass.mail.code(address, nth) });
    }
    const answers: Answer[] = await Promise.all(visits.map(({ browser, page, code }) => browser.post(page, "/passcode", { code })));
    const subs = [];
    for (const [index, { browser, request }] of visits.entries()) {
      const tokens = await guestpass.redeem(request, await browser.follow(answers[index] as Answer));
      subs.push(tokens.claims()?.sub);
    }
    const guests = await guestsWith(address);
    expect(guests).to.have.length(1);
    expect(subs).to.deep.equal([guests[0]?.sub, guests[0]?.sub]);
  }
});
