// Who has proven who they are, by a session or a right code, is told what ended, since when, and whom to ask.
import { expect } from "chai";
import { operator } from "../../src/audit/audit.ts";
import type { Answer, Browser } from "../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { say, times } from "../support/texts.ts";

const ada = "ada@example.com";
const name = "Project files";

describe("a guest whose access ended while signed in", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let browser: Browser;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ORGANISATION: "Example Museum" });
    files = await guestpass.register("files", { name, admission: "invited", policy: { supportAddress: "help@files.example" } });
    browser = guestpass.browser();
  });
  afterEach(() => guestpass.stop());

  async function invited(fields: Record<string, unknown> = {}): Promise<{ id: string; sub: string }> {
    const { body } = await guestpass.server.app.admin("createInvitation", {
      body: { client_id: "files", email: ada, sponsor_name: "Grace Hopper", send_mail: false, ...fields },
    });
    const { id, sub } = body as { id: string; sub: string };
    await guestpass.signIn(browser, await guestpass.authorizationRequest(files), ada);
    return { id, sub };
  }

  const open = async (params: Record<string, string> = {}): Promise<Answer> =>
    browser.open((await guestpass.authorizationRequest(files, params)).url);

  function expectOver(page: Answer, what: string): void {
    expect(page.status).to.equal(403);
    expect(page.title).to.equal(say("not-admitted.title", { application: name }));
    expect(page.text).to.contain(what.replace(/\s/g, " "));
    expect(page.text).to.contain(say("over.support", { support: "help@files.example" }));
    expect(page.document.querySelector("a[href='mailto:help@files.example']")).to.not.equal(null);
  }

  it("reads that the invitation was withdrawn, when, and who sent it, also after a reload", async () => {
    const { id } = await invited();
    const at = guestpass.clock.now();
    await guestpass.server.app.admin("revokeInvitation", { params: { id } });
    guestpass.clock.advance({ days: 1 });
    const page = await open();
    expectOver(page, say("over.revoked", { application: name, when: times.moment(at) }));
    expect(page.text).to.contain(say("over.ask", { sponsor: "Grace Hopper" }));
    expect((await browser.open(page.url)).text).to.equal(page.text);
  });

  it("reads when access ended", async () => {
    const end = guestpass.clock.now() + 60_000;
    await invited({ access_ends_at: new Date(end).toISOString() });
    guestpass.clock.advance({ minutes: 2 });
    expectOver(await open(), say("over.access-ended", { application: name, when: times.moment(end) }));
  });

  it("reads that the guest access is suspended, and since when, though the session has ended with it", async () => {
    const { sub } = await invited();
    const at = guestpass.clock.now();
    await guestpass.server.app.guests.suspend(sub, "words of the administrator", operator);
    guestpass.clock.advance({ minutes: 10 });
    const page = await open();
    expectOver(page, say("over.suspended", { organisation: "Example Museum", when: times.moment(at) }));
    expect(page.body).to.not.contain("words of the administrator");
  });

  it("reads that the guest's record ended", async () => {
    const { sub } = await invited();
    const end = guestpass.clock.now() + 60_000;
    await guestpass.server.app.admin("updateGuest", { params: { sub }, body: { expires_at: new Date(end).toISOString() } });
    guestpass.clock.advance({ minutes: 2 });
    expectOver(await open(), say("over.record-ended", { when: times.moment(end) }));
  });

  it("reads that there is no invitation, with the address masked, where there never was one", async () => {
    await invited();
    const plans = await guestpass.register("plans", { name: "Plans", admission: "invited" });
    const page = await browser.open((await guestpass.authorizationRequest(plans)).url);
    expect(page.text).to.contain(say("over.not-invited", { application: "Plans", address: "a•••@example.com" }));
    expect(page.text).to.contain(say("over.ask-contact", { organisation: "Example Museum" }));
    expect(page.body).to.not.contain(ada);
  });

  it("can use another address, or go back", async () => {
    const { id } = await invited();
    await guestpass.server.app.admin("revokeInvitation", { params: { id } });
    const page = await open();
    const other = page.document.querySelector("a.button.primary")?.getAttribute("href") as string;
    expect((await browser.open(new URL(other, page.url).href)).document.querySelector("input[name=email]")).to.not.equal(null);
    expect((await browser.post(page, "/cancel")).isRedirect).to.equal(true);
  });

  it("is not told when the application means somebody else", async () => {
    const { id } = await invited();
    await guestpass.server.app.admin("revokeInvitation", { params: { id } });
    const page = await open({ login_hint: "grace@example.com" });
    expect(page.title).to.equal(say("enter-email.title", { application: name }));
  });

  it("is told nothing in a browser where they never signed in", async () => {
    const { id } = await invited();
    await guestpass.server.app.admin("revokeInvitation", { params: { id } });
    browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), ada);
    expect(page.title).to.equal(say("enter-passcode.title"));
    expect(page.text).to.not.contain("Grace");
  });

  it("reads the same after a right code that came too late", async () => {
    const { id } = await invited();
    browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), ada);
    const code = await guestpass.mail.code(ada, 2);
    const at = guestpass.clock.now();
    await guestpass.server.app.admin("revokeInvitation", { params: { id } });
    expectOver(await browser.submit(page, "/passcode", { code }), say("over.revoked", { application: name, when: times.moment(at) }));
  });
});
