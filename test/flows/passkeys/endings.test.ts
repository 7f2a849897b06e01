// What ends a passkey, and who sees and removes it.
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest as GuestRecord } from "../../../src/guests/guest.ts";
import { AdminApi } from "../../support/admin.ts";
import { Administrator } from "../../support/console.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { Guest } from "../../support/passkeys.ts";
import { say } from "../../support/texts.ts";

const ada = "ada@example.com";

describe("a passkey ends", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let guest: Guest;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_PASSKEYS: "on", GUESTPASS_SESSION_DAYS: "1" });
    files = await guestpass.register("files");
    guest = new Guest(guestpass, ada);
    expect((await guest.enrol(files)).isRedirect).to.equal(true);
    guestpass.clock.advance({ days: 2 });
  });
  afterEach(() => guestpass.stop());

  const address = (typed: string) => parseAddress(typed) as Address;
  async function record(typed = ada): Promise<GuestRecord> {
    const owner = await guestpass.server.app.guests.findOwner(address(typed));
    return (await guestpass.server.app.guests.findBySub(owner?.sub ?? "")) as GuestRecord;
  }
  const passkeysOf = async (typed = ada) => guestpass.server.app.passkeys.list((await record(typed)).sub);
  const rows = async () => (await guestpass.server.app.db("guest_passkeys").select("id")).length;
  async function signsNobodyIn(): Promise<void> {
    const answer = await guest.byPasskey(files);
    expect(answer.status).to.equal(403);
    expect(answer.text).to.contain(say("passkey.unknown"));
  }

  it("when its guest is suspended, and stays so when the guest is let in again", async () => {
    const { guests, audit } = guestpass.server.app;
    const { sub } = await record();
    await guests.suspend(sub, "left", operator);
    expect(await rows()).to.equal(0);
    await guests.resume(sub, operator);
    await signsNobodyIn();
    const { entries } = await audit.list({ guestSub: sub, action: "passkey.removed" }, 10);
    expect(entries).to.have.length(1);
  });

  it("when its mailbox is renamed, and when another one becomes the primary", async () => {
    const { aliases } = guestpass.server.app;
    await aliases.rename(await record(), address(ada), address("ada@new.example"), operator);
    expect(await rows()).to.equal(0);
    await signsNobodyIn();
  });

  it("when its alias is removed, and another mailbox's stays", async () => {
    const { aliases } = guestpass.server.app;
    await aliases.add(await record(), address("ada@other.example"), { otherMailbox: true }, operator);
    const other = new Guest(guestpass, "ada@other.example");
    await other.enrol(files);
    expect(await passkeysOf()).to.have.length(2);
    await aliases.remove(await record(), address("ada@other.example"), operator);
    expect((await passkeysOf()).map((each) => each.address)).to.deep.equal([ada]);
    guestpass.clock.advance({ days: 2 });
    expect((await other.byPasskey(files)).status).to.equal(403);
    expect((await guest.byPasskey(files)).isRedirect).to.equal(true);
  });

  it("when the guest removes its address, and does not come back with the address", async () => {
    const { aliases } = guestpass.server.app;
    const other = new Guest(guestpass, "ada@other.example");
    await aliases.add(await record(), address(other.address), { otherMailbox: true }, operator);
    await other.enrol(files);
    expect((await aliases.removeOwn(await record(), address(other.address), operator)).outcome).to.equal("done");
    expect((await passkeysOf()).map((each) => each.address)).to.deep.equal([ada]);
    await undoLast();
    expect((await guestpass.server.app.guests.aliases((await record()).sub)).map((each) => each.address)).to.deep.equal([
      ada,
      other.address,
    ]);
    guestpass.clock.advance({ days: 2 });
    expect((await other.byPasskey(files)).text).to.contain(say("passkey.unknown"));
  });

  it("with all others of its guest, when a change of address is undone: whoever made it may have made them", async () => {
    const { aliases } = guestpass.server.app;
    const other = new Guest(guestpass, "ada@other.example");
    await aliases.addProven(await record(), address(other.address), async () => true, operator);
    await other.enrol(files);
    await undoLast();
    expect(await passkeysOf()).to.deep.equal([]);
    await signsNobodyIn();
    expect((await other.byPasskey(files)).text).to.contain(say("passkey.unknown"));
  });

  /** Uses the link that the primary address was mailed. */
  async function undoLast(): Promise<void> {
    const links = () => guestpass.mail.to(ada).flatMap(({ parsed }) => /\/account\/undo\/(\S+)/.exec(parsed.text ?? "")?.[1] ?? []);
    await guestpass.mail.until(() => links().length > 0);
    expect(await guestpass.server.app.aliases.undo(links()[0] ?? "", null)).to.equal("undone");
  }

  it("when its guest is merged into another one, whose own stays; and with the guest's erasure", async () => {
    const { lifeCycle } = guestpass.server.app;
    const bob = new Guest(guestpass, "bob@example.com");
    await bob.enrol(files);
    expect(await lifeCycle.merge(await record(), await record("bob@example.com"), operator)).to.equal("merged");
    expect((await passkeysOf("bob@example.com")).map((each) => each.address)).to.deep.equal(["bob@example.com"]);
    await signsNobodyIn();
    await lifeCycle.erase(await record("bob@example.com"), operator);
    expect(await rows()).to.equal(0);
  });

  it("when its mailbox refuses mail for good: whoever is given the address next gets in by their own code alone", async () => {
    guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 no such user here" });
    await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(files), ada);
    await eventually("the mailbox is marked", async () => (await record()).undeliverableSince !== null);
    expect(await rows()).to.equal(0);
    guestpass.mail.answer = () => undefined;
    await guest.code(await guest.begin(files), "/email", { email: ada }, "");
    guestpass.clock.advance({ days: 2 });
    await signsNobodyIn();
  });

  it("and is not kept where the guest is suspended at the same moment", async () => {
    const { guests } = guestpass.server.app;
    for (let times = 0; times < 5; times++) {
      const one = new Guest(guestpass, `one${times}@example.com`);
      const offer = await one.byCode(files);
      const { sub } = await record(one.address);
      await Promise.all([one.make(offer).catch(() => undefined), guests.suspend(sub, "left", operator)]);
      expect(await passkeysOf(one.address), "none is left for a guest who is suspended").to.have.length(0);
    }
  });

  it("by the link in the mail about it, which does nothing until its button is pressed", async () => {
    const mails = await guestpass.mail.wait(ada, 2);
    const mail = mails.find(({ parsed }) => parsed.subject === say("mail.passkey-added.subject"));
    const link = new RegExp(`${guestpass.issuer}/passkeys/\\S+`).exec(mail?.parsed.text ?? "")?.[0] ?? "";
    const stranger = guestpass.browser();
    const page = await stranger.open(link);
    expect(page.title).to.equal(say("passkey.remove.title"));
    expect(await rows()).to.equal(1);
    const forged = await stranger.open(link.replace(/.{4}$/, "AAAA"));
    expect(forged.title).to.equal(say("passkey.gone.title"));
    const after = await stranger.submit(page, new URL(link).pathname);
    expect(after.title).to.equal(say("passkey.gone.title"));
    expect(await rows()).to.equal(0);
    await guestpass.mail.until(() => guestpass.mail.to(ada).some(({ parsed }) => parsed.subject === say("mail.passkey-removed.subject")));
    await signsNobodyIn();
  });

  it("on the guest's own page, where a new one takes a code and a passkey shows no fresh proof", async () => {
    const account = `${guestpass.issuer}/account`;
    const first = await guest.browser.open(account);
    const page = await guest.browser.submit(first, "/passkey", { credential: guest.answer(first) });
    expect(page.title).to.equal(say("account.title"));
    expect(page.document.querySelector("#passkeys")?.text).to.contain(ada);
    expect(page.document.querySelector("#history")?.text).to.not.equal(undefined);
    // The data of the guest are behind a code.
    const wanted = await guest.browser.submit(page, "/account/download");
    expect(wanted.title).to.equal(say("enter-email.title", { application: "Guestpass" }));
    expect(wanted.document.querySelector("[data-passkey]")).to.equal(null);
    const asked = await guest.browser.submit(await guest.browser.open(account), "/passkeys/add");
    expect(asked.document.querySelector("[data-passkey]")).to.equal(null);
    const offer = await guest.code(asked, "/email", { email: ada });
    expect(offer.title).to.equal(say("passkey.offer.title"));
    const back = await guest.browser.submit(offer, "/passkey/leave");
    expect(back.title).to.equal(say("account.title"));
    const removed = await guest.browser.submit(back, "/passkeys/remove");
    expect(removed.text).to.contain(say("account.done.passkey-removed"));
    expect(await rows()).to.equal(0);
  });

  it("by the administration API, and in the console", async () => {
    const desk = await guestpass.register("desk", { policy: { administrator: true } });
    const api = new AdminApi(guestpass, desk);
    const { sub } = await record();
    const listed = (await api.get(`/guests/${sub}/passkeys`)).body["items"] as { id: string; email: string; last_used_at: null }[];
    expect(listed).to.have.length(1);
    expect(listed[0]).to.include({ email: ada, last_used_at: null });
    expect(JSON.stringify(listed)).to.not.contain(guest.passkey.id.toString("base64url"));
    expect((await api.send("DELETE", `/guests/${sub}/passkeys/${listed[0]?.id}`, {})).status).to.equal(204);
    expect((await api.send("DELETE", `/guests/${sub}/passkeys/${listed[0]?.id}`, {})).status).to.equal(404);
    await signsNobodyIn();

    const again = new Guest(guestpass, ada);
    await again.enrol(files);
    const grace = await Administrator.enrolled(guestpass, "grace@acme.example");
    const page = await grace.open(`/guests/${sub}/sessions`);
    expect(page.text).to.contain("Passkeys");
    await grace.browser.submit(page, `/guests/${sub}/passkeys/remove`);
    expect(await rows()).to.equal(0);
  });

  it("and making one, use and removal is told in the audit trail and as an event, without anything personal", async () => {
    const { audit, db } = guestpass.server.app;
    await guest.byPasskey(files);
    const { sub } = await record();
    const [passkey] = await passkeysOf();
    await guestpass.server.app.passkeys.remove(sub, passkey?.id ?? "", operator);
    const { entries } = await audit.list({ guestSub: sub }, 100);
    const told = entries.filter(({ action }) => action.includes("passkey"));
    expect(told.map(({ action }) => action).sort()).to.deep.equal(["passkey.added", "passkey.removed", "sign-in.passkey"]);
    expect(JSON.stringify(await db("guest_passkeys").select())).to.not.contain(ada);
    for (const { details, personal } of told) expect(JSON.stringify([details, personal])).to.not.contain("ada");
  });
});
