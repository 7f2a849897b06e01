import { expect } from "chai";
import { Administrator } from "../../support/console.ts";
import { Guestpass } from "../../support/guestpass.ts";

interface Explained {
  outcome: string;
  reason: string;
  sentence: string;
  remedy: { operation: string | null } | null;
}

describe("why a guest does not get in", () => {
  let guestpass: Guestpass;
  let owner: Administrator;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_LIMIT_TRIES_PER_ADDRESS: "2/1h" });
    owner = await Administrator.enrolled(guestpass, "grace@acme.example");
    await guestpass.register("files", { name: "Files", admission: "invited" });
    await guestpass.register("board", { name: "Board", admission: "directory" });
    await guestpass.register("wiki", { name: "Wiki", admission: "domains", policy: { allowDomains: ["partner.example"] } });
    await guestpass.register("open", { name: "Open" });
  });
  after(() => guestpass.stop());

  async function why(email: string, client: string): Promise<Explained> {
    const { body } = await guestpass.server.app.admin("explainAccess", { body: { email, client_id: client } });
    return body as unknown as Explained;
  }
  const invite = async (email: string, more: object = {}) =>
    (await guestpass.server.app.admin("createInvitation", { body: { email, client_id: "files", send_mail: false, ...more } })).body as {
      id: string;
      sub: string;
    };
  const page = async (email: string, client: string) =>
    owner.browser.submit(await owner.open("/why"), "/why", { email, client_id: client });
  /** The page's button, pressed: what is in the way then. */
  async function mended(email: string, client: string, fields: Record<string, string> = {}): Promise<string> {
    const answer = await owner.browser.submit(await page(email, client), "/why/mend", fields);
    expect(answer.text).to.contain("Done. This is how it stands now.");
    return answer.document.querySelector("main .badge")?.text ?? "";
  }

  it("is that nobody invited the address, and the button invites it", async () => {
    expect(await why("nobody@example.com", "files")).to.include({ outcome: "refused", reason: "not-invited" });
    expect(await mended("nobody@example.com", "files")).to.equal("gets in with a code");
    expect(await why("nobody@example.com", "files")).to.include({ outcome: "due", reason: "due" });
  });

  it("is that nobody recorded the address, where the application lets in the directory", async () => {
    expect(await why("new@example.com", "board")).to.include({ reason: "not-a-guest" });
    expect(await mended("new@example.com", "board")).to.equal("gets in with a code");
  });

  it("is the suspension, with its reason", async () => {
    const { sub } = await invite("ada@example.com");
    await guestpass.server.app.admin("suspendGuest", { params: { sub }, body: { reason: "left" } });
    const found = await why("ada@example.com", "files");
    expect(found).to.include({ reason: "suspended", sentence: "ada@example.com is suspended: left." });
    expect(found.remedy?.operation).to.equal("resumeGuest");
    expect(await mended("ada@example.com", "files")).to.equal("gets in with a code");
  });

  it("is the end of the guest's record, before the invitation is looked at", async () => {
    const { sub } = await invite("joan@example.com");
    const expires = new Date(guestpass.clock.now() - 1000).toISOString();
    await guestpass.server.app.admin("updateGuest", { params: { sub }, body: { expires_at: expires } });
    expect(await why("joan@example.com", "files")).to.include({ reason: "record-ended" });
    expect(await mended("joan@example.com", "files", { date: "" })).to.equal("gets in with a code");
  });

  it("is an invitation that was not used in time, one that was revoked, or one whose access ended", async () => {
    const late = await invite("mary@example.com");
    const ended = await invite("jean@example.com", { access_ends_at: new Date(guestpass.clock.now() + 86_400_000).toISOString() });
    const revoked = await invite("kay@example.com");
    await guestpass.server.app.admin("revokeInvitation", { params: { id: revoked.id } });
    guestpass.clock.advance({ days: 60 });
    owner = await Administrator.enrolled(guestpass, "later@acme.example");
    expect(await why("mary@example.com", "files")).to.include({ reason: "invitation-expired", invitation: late.id });
    expect(await why("jean@example.com", "files")).to.include({ reason: "access-ended", invitation: ended.id });
    expect(await why("kay@example.com", "files")).to.include({ reason: "invitation-revoked", invitation: revoked.id });
    expect(await mended("mary@example.com", "files")).to.equal("gets in with a code");
    expect(await mended("kay@example.com", "files")).to.equal("gets in with a code");
  });

  it("is that the invitation went to another mailbox of the guest", async () => {
    const { sub } = await invite("lin@work.example");
    await guestpass.server.app.admin("addAlias", { params: { sub }, body: { email: "lin@home.example", other_mailbox: true } });
    const found = await why("lin@home.example", "files");
    expect(found).to.include({ reason: "other-address" });
    expect(found.sentence).to.contain("lin@work.example");
    expect(await why("lin@work.example", "files")).to.include({ reason: "due" });
  });

  it("is the list that refuses the domain, with whose it is", async () => {
    expect(await why("eve@other.example", "wiki")).to.include({ reason: "domain" });
    expect(await why("eve@partner.example", "wiki")).to.include({ reason: "due" });
    const stranger = await owner.browser.submit(await page("eve@other.example", "wiki"), "/why/mend");
    expect(stranger.document.querySelector("main .badge")?.text).to.equal("gets in with a code");
    expect(await why("eve@other.example", "wiki")).to.include({ reason: "due" });
    await guestpass.server.app.admin("updateSettings", { body: { deny_domains: ["*.bad.example"] } });
    const refused = await page("eve@very.bad.example", "open");
    expect(refused.text).to.contain("*.bad.example is on the list of refused domains of the settings");
    expect(refused.document.querySelector("main form[action$='/why/mend']")).to.equal(null);
  });

  it("is a mailbox that refuses mail, in the words of its server", async () => {
    const { sub } = await invite("rosa@example.com");
    const marked = { undeliverable_since: guestpass.clock.now(), refusals: 1, refusal_status: "5.1.1", refusal_reason: "no such user" };
    await guestpass.server.app.db("mailboxes").update(marked).where({ guest_sub: sub });
    const found = await why("rosa@example.com", "files");
    expect(found).to.include({ reason: "mailbox-refuses" });
    expect(found.sentence).to.contain('says "no such user"');
  });

  it("is the limit on tries, until it begins anew; and nothing once the code came back", async () => {
    const application = { ...(await guestpass.register("once", { name: "Once" })) };
    const browser = guestpass.browser();
    const asked = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "tess@example.com");
    const wrong = (await guestpass.mail.code("tess@example.com", 1)) === "000000" ? "111111" : "000000";
    await browser.submit(await browser.submit(asked, "/passcode", { code: wrong }), "/passcode", { code: wrong });
    expect(await why("tess@example.com", "once")).to.include({ reason: "limit" });
    guestpass.clock.advance({ minutes: 61 });
    await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(application), "tess@example.com");
    expect(await why("tess@example.com", "once")).to.include({ outcome: "admitted", reason: "admitted" });
  });

  it("is told to somebody of the help desk, whose role has no button for it", async () => {
    const helpdesk = await Administrator.enrolled(guestpass, "help@acme.example", "helpdesk");
    const answer = await helpdesk.browser.submit(await helpdesk.open("/why"), "/why", { email: "zoe@example.com", client_id: "files" });
    expect(answer.text).to.contain("zoe@example.com is not invited to Files").and.to.contain("Your role may not do this");
    const body = new URLSearchParams({
      token: answer.document.querySelector("input[name=token]")?.getAttribute("value") ?? "",
      email: "zoe@example.com",
      client_id: "files",
      reason: "not-invited",
    });
    const forced = await helpdesk.browser.request(`${guestpass.issuer}/console/why/mend`, { method: "POST", body });
    expect(forced.status).to.equal(403);
    expect(await why("zoe@example.com", "files")).to.include({ reason: "not-invited" });
  });
});
