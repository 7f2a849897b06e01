import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { findGuest } from "../../../src/cli/lookups.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import { Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { FileShare, reachesExample } from "../../support/file-share.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("the example application shares files with specific people", () => {
  let guestpass: Guestpass;
  let fileShare: FileShare;

  before(async () => {
    guestpass = await Guestpass.start(reachesExample);
    fileShare = await FileShare.start(guestpass);
  });
  after(async () => {
    await fileShare.stop();
    await guestpass.stop();
  });

  it("mails a link that leads through the application to signing in, and from there to the file", async () => {
    const link = await fileShare.share("ada@example.com");
    const [mail] = guestpass.mail.to("ada@example.com");
    expect(mail?.parsed.subject).to.equal("Olivia Owner invites you to File share");
    expect((await fileShare.shareOf("ada@example.com")).state).to.equal("pending");
    const browser = new Browser();
    const asked = await browser.open(link);
    expect(asked.document.querySelector("#email")?.getAttribute("value")).to.equal("ada@example.com");
    const sent = await browser.submit(asked, "/email");
    const file = await browser.submit(sent, "/passcode", { code: await guestpass.mail.code("ada@example.com", 2) });
    expect([file.url, file.title]).to.deep.equal([fileShare.welcome, "Welcome.txt"]);
    expect((await fileShare.shareOf("ada@example.com")).state).to.equal("redeemed");
  });

  it("opens a new file for the people it was shared with, and for nobody else", async () => {
    await fileShare.create("Plan.txt", "The <b>plan</b> & more", "Carol@example.com\ndan@example.com,");
    await guestpass.mail.wait("Carol@example.com");
    const link = await linkOf("Plan.txt");
    const carol = await fileShare.signedIn("Carol@example.com", link);
    expect((await carol.open(link)).body, "what was typed is shown as typed").to.contain("The &#60;b&#62;plan&#60;/b&#62; &#38; more");
    const file = await carol.open(`${link}/download`);
    expect(file.body).to.equal("The <b>plan</b> & more");
    expect(file.headers.get("content-disposition")).to.equal('attachment; filename="Plan.txt"');
    await fileShare.share("eve@example.com");
    const eve = await fileShare.signedIn("eve@example.com");
    expect((await eve.open(link)).status).to.equal(403);
    expect((await eve.open(`${link}/download`)).status).to.equal(403);
  });

  for (const typed of ["ada.lovelace@alias.example", "ada@alias.example"]) {
    it(`shared with an alias, lets in who types ${typed.startsWith("ada.") ? "the alias" : "the primary address"}: one guest, with both`, async () => {
      const primary = "ada@alias.example";
      const alias = "ada.lovelace@alias.example";
      const { guests, aliases } = guestpass.server.app;
      const known = await guests.findOwner(parseAddress(primary) as Address);
      const sub = known?.sub ?? (await guestpass.addGuest(primary));
      const guest = await guests.findBySub(sub);
      if (!guest) throw new Error("no guest");
      if (!known) await aliases.add(guest, parseAddress(alias) as Address, { otherMailbox: false }, operator);
      const link = await fileShare.share(alias);
      const browser = await fileShare.signedIn(typed, link);
      expect((await browser.open(fileShare.welcome)).title).to.equal("Welcome.txt");
      expect((await browser.open(`${fileShare.url}/you`)).text).to.contain(sub);
      expect((await guests.aliases(sub)).map(({ address }) => address)).to.have.members([primary, alias]);
    });
  }

  it("revokes: access ends here at once, whatever the session says, and the owner sees it", async () => {
    await fileShare.share("fay@example.com");
    const fay = await fileShare.signedIn("fay@example.com");
    expect((await fay.open(fileShare.welcome)).title).to.equal("Welcome.txt");
    await fileShare.press("Revoke", "fay@example.com");
    expect((await fay.request(fileShare.welcome)).status).to.be.oneOf([403, 303]);
    const { state, buttons } = await fileShare.shareOf("fay@example.com");
    expect([state, buttons]).to.deep.equal(["revoked", ["Invite again"]]);
    await eventually("the session is over", async () => (await fay.request(fileShare.welcome)).location.startsWith(guestpass.issuer));
    const mails = guestpass.mail.to("fay@example.com").length;
    const over = await fay.open(fileShare.welcome);
    expect(over.text).to.contain("Your invitation to File share was withdrawn");
    await fay.submit(await fay.open(`${over.url}/email`), "/email", { email: "fay@example.com" });
    const told = (await guestpass.mail.wait("fay@example.com", mails + 1))[mails];
    expect(told?.parsed.text, "there is no code for her any more").not.to.match(/^\d{6}$/m);
  });

  it("ends access too where an administrator revokes, or suspends the guest", async () => {
    const { invitations, guests, applications } = guestpass.server.app;
    for (const act of ["revoke", "suspend"] as const) {
      const address = `gus.${act}@example.com`;
      await fileShare.share(address);
      const gus = await fileShare.signedIn(address);
      expect((await gus.open(fileShare.welcome)).title).to.equal("Welcome.txt");
      const application = await applications.read(fileShare.clientId);
      const found = await guests.findOwner(parseAddress(address) as Address);
      if (!found || !application) throw new Error("not there");
      const [invitation] = await invitations.liveOf(application.clientId, found.sub);
      if (act === "suspend") await guests.suspend(found.sub, "left", operator);
      else if (invitation) await invitations.revoke(invitation, operator);
      await eventually("the session is over", async () => (await gus.request(fileShare.welcome)).status === 303);
      expect((await gus.open(fileShare.welcome)).url, "asked who it is, and not let in").to.contain(guestpass.issuer);
    }
    expect((await fileShare.shareOf("gus.revoke@example.com")).state).to.equal("revoked");
  });

  it("ends it for the one file where an administrator revokes one of a guest's invitations; the rest opens without asking", async () => {
    const { invitations, guests } = guestpass.server.app;
    await fileShare.share("kim@example.com");
    const kim = await fileShare.signedIn("kim@example.com");
    await fileShare.create("Kim.txt", "for Kim", "kim@example.com");
    const link = await linkOf("Kim.txt");
    expect((await kim.open(link)).title).to.equal("Kim.txt");
    const found = await guests.findOwner(parseAddress("kim@example.com") as Address);
    const live = await invitations.liveOf(fileShare.clientId, found?.sub ?? "");
    const welcome = live.find(({ targetUrl }) => targetUrl === fileShare.welcome);
    if (!welcome) throw new Error("not there");
    await invitations.revoke(welcome, operator);
    await eventually("the session is over", async () => (await kim.request(fileShare.welcome)).status !== 200);
    expect((await kim.open(link)).title).to.equal("Kim.txt");
    expect((await kim.open(fileShare.welcome)).title).not.to.equal("Welcome.txt");
  });

  it("sends an invitation again, and invites again whose invitation ran out", async () => {
    const first = await fileShare.share("hal@example.com");
    await fileShare.press("Send again", "hal@example.com");
    await guestpass.mail.wait("hal@example.com", 2);
    guestpass.clock.advance({ days: 15 });
    const { state, buttons } = await fileShare.shareOf("hal@example.com");
    expect([state, buttons]).to.deep.equal(["expired", ["Invite again"]]);
    await fileShare.press("Invite again", "hal@example.com");
    await guestpass.mail.wait("hal@example.com", 3);
    expect((await fileShare.shareOf("hal@example.com")).state).to.equal("pending");
    expect((await (await fileShare.signedIn("hal@example.com", first)).open(fileShare.welcome)).title).to.equal("Welcome.txt");
  });

  it("opens what was shared after the guest signed in, without asking again", async () => {
    await fileShare.share("ivy@example.com");
    const ivy = await fileShare.signedIn("ivy@example.com");
    await fileShare.create("Later.txt", "later", "ivy@example.com");
    expect((await ivy.open(await linkOf("Later.txt"))).title).to.equal("Later.txt");
  });

  it("asks for the mailbox that a file was shared with, and does not take the guest's private one for it", async () => {
    const sub = await guestpass.addGuest("jo@company.example");
    const guest = await guestpass.server.app.guests.findBySub(sub);
    if (!guest) throw new Error("no guest");
    const home = parseAddress("jo@home.example") as Address;
    await guestpass.server.app.aliases.add(guest, home, { otherMailbox: true }, operator);
    await guestpass.mail.wait("jo@company.example");
    await fileShare.create("Private.txt", "private", "jo@home.example");
    await fileShare.share("jo@company.example");
    const privately = await linkOf("Private.txt");
    const jo = await fileShare.signedIn("jo@home.example", privately);
    expect((await jo.open(privately)).title).to.equal("Private.txt");
    const asked = await jo.open(fileShare.welcome);
    expect(asked.title).to.equal("Please confirm your mailbox");
    expect(asked.text).to.contain("j•••@company.example");
  });

  it("stays shared when two guests turn out to be one", async () => {
    const { app } = guestpass.server;
    await fileShare.share("kim@one.example");
    await fileShare.share("kim@two.example");
    const [one, two] = await Promise.all([findGuest(app, "kim@one.example"), findGuest(app, "kim@two.example")]);
    await app.lifeCycle.merge(one, two, operator);
    for (const address of ["kim@one.example", "kim@two.example"]) {
      const kim = await fileShare.signedIn(address);
      expect((await kim.open(fileShare.welcome)).title, address).to.equal("Welcome.txt");
    }
  });

  it("does not tell a stranger whether there is such a file", async () => {
    const stranger = new Browser({ stopAt: [new URL(guestpass.issuer).origin] });
    const known = await stranger.request(await linkOf("Plan.txt"));
    const unknown = await stranger.request(`${fileShare.url}/files/nothing`);
    expect([known.status, unknown.status]).to.deep.equal([303, 303]);
    const guest = await fileShare.signedIn("eve@example.com");
    const refused = await guest.open(await linkOf("Plan.txt"));
    const missing = await guest.open(`${fileShare.url}/files/nothing`);
    expect([refused.status, missing.status]).to.deep.equal([403, 403]);
    expect(missing.text).to.equal(refused.text);
  });

  it("tells the owner whom Guestpass would not invite, and asks again for what was left out or is too long", async () => {
    const refused = await fileShare.create("Wrong.txt", "text", "nobody, liz@example.com");
    expect([refused.status, refused.title]).to.deep.equal([422, "Not everybody was invited"]);
    expect(refused.text).to.contain("nobodymust be an email address");
    expect((await fileShare.shareOf("liz@example.com", "Wrong.txt")).state, "the others were").to.equal("pending");
    const nothing = await fileShare.create("", "text", "ada@example.com");
    expect([nothing.status, nothing.title]).to.deep.equal([422, "Something is missing"]);
    const long = await fileShare.create("Long.txt", "x".repeat(20_001), "ada@example.com");
    expect([long.status, long.title]).to.deep.equal([413, "That is too large"]);
    const huge = await fileShare.create("Huge.txt", "x".repeat(200_000), "ada@example.com");
    expect([huge.status, huge.title]).to.deep.equal([413, "That is too large"]);
  });

  async function linkOf(name: string): Promise<string> {
    const { document } = await fileShare.owner().open(fileShare.url);
    const section = document.querySelectorAll("section").find((candidate) => candidate.querySelector("h2")?.text === name);
    return section?.querySelector("a")?.getAttribute("href") ?? "";
  }
});
