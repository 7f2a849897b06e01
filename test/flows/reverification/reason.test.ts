// A guest who is signed in and asked for a code again reads why.
import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";

const ada = "ada@example.com";

describe("the page that asks a signed-in guest for a code says why", () => {
  let guestpass: Guestpass;
  let browser: Browser;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ORGANISATION: "Example Museum", GUESTPASS_SESSION_DAYS: "30" });
    browser = guestpass.browser();
  });
  afterEach(() => guestpass.stop());

  async function open(application: RegisteredApplication): Promise<Answer> {
    return browser.open((await guestpass.authorizationRequest(application)).url);
  }

  async function signIn(application: RegisteredApplication, address = ada): Promise<void> {
    await guestpass.signIn(browser, await guestpass.authorizationRequest(application), address);
  }

  it("by the rule of the application, which it names", async () => {
    const board = await guestpass.register("board", { name: "Project board", policy: { reverificationDays: 7 } });
    await signIn(board);
    guestpass.clock.advance({ days: 8 });
    const page = await open(board);
    expect(page.text).to.contain(say("confirm.why", { organisation: "Project board", count: 7 }));
    expect(page.text).to.contain(say("confirm.because"));
  });

  it("by the rule of the organisation, which it names, though another application signed the guest in", async () => {
    await signIn(await guestpass.register("files"));
    const board = await guestpass.register("board", { name: "Project board" });
    await guestpass.server.app.admin("updateSettings", { body: { reverification_days: 5 } });
    guestpass.clock.advance({ days: 6 });
    expect((await open(board)).text).to.contain(say("confirm.why", { organisation: "Example Museum", count: 5 }));
  });

  it("after a change of address by the change, and not by a rule", async () => {
    const files = await guestpass.register("files");
    await signIn(files);
    const sub = (await guestpass.server.app.guests.findOwner({ typed: ada, key: ada, domain: "example.com" }))?.sub as string;
    const body = { from: ada, to: "lovelace@example.org" };
    await guestpass.server.app.admin("renameAlias", { params: { sub }, body });
    const page = await open(files);
    expect(page.text).to.contain(say("confirm.changed"));
    expect(page.text).to.not.match(/every|days/);
    expect(page.text).to.contain("l•••@example.org");
  });

  it("for an invitation to another address, that it was not confirmed yet", async () => {
    const files = await guestpass.register("files", { admission: "invited" });
    await signIn(await guestpass.register("open"));
    const sub = (await guestpass.server.app.guests.findOwner({ typed: ada, key: ada, domain: "example.com" }))?.sub as string;
    await guestpass.server.app.admin("addAlias", { params: { sub }, body: { email: "ada@work.example", other_mailbox: true } });
    await guestpass.server.app.admin("createInvitation", {
      body: { client_id: "files", email: "ada@work.example", send_mail: false },
    });
    expect((await open(files)).text).to.contain(say("confirm.other"));
  });

  it("and the next page does not ask whether the address can sign in", async () => {
    const board = await guestpass.register("board", { policy: { reverificationDays: 7 } });
    await signIn(board);
    guestpass.clock.advance({ days: 8 });
    const asked = await browser.submit(await open(board), "/confirm");
    expect(asked.title).to.equal(say("enter-passcode.title"));
    expect(asked.text).to.contain(say("enter-passcode.sent-to-guest", { address: "a•••@example.com" }));
    expect(asked.text).to.not.contain("If this address");
  });
});
