import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import type { Reply } from "../../../src/testing/mail-server.ts";
import { enterAccount } from "../../support/account.ts";
import { startWithAdmin } from "../../support/admin.ts";
import { Cli } from "../../support/cli.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";

const unknownUser = { code: 550, text: "5.1.1 <ada@example.com>: Recipient address rejected: User unknown" };

describe("a mailbox that refuses mail for good", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let administration: Awaited<ReturnType<typeof startWithAdmin>>;
  let sub: string;

  async function start(settings: Record<string, string> = {}) {
    guestpass = await Guestpass.start(settings);
    administration = await startWithAdmin(guestpass);
    files = await guestpass.register("anyone", { admission: "anyone" });
    sub = await guestpass.addGuest("ada@example.com");
  }
  afterEach(() => guestpass.stop());

  /** Asks for a code, which is what makes Guestpass mail an address, and waits until that mail is done with. */
  async function mailTo(address: string): Promise<void> {
    await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(files), address);
    const { outbox } = guestpass.server.app;
    await eventually("the mail is settled", async () => {
      const mails = await outbox.list({ recipient: address });
      return mails.every(({ state, lastReply }) => state !== "queued" || lastReply !== null);
    });
  }
  /** As mailTo, with a mail that somebody who is known asked for. */
  async function noticeTo(address: string): Promise<void> {
    const { app } = guestpass.server;
    const id = await enqueue(app, address);
    await eventually("the mail is settled", async () => (await app.outbox.show(id))?.mail.state !== "queued");
  }
  const refuse = (reply: Reply) => {
    guestpass.mail.answer = () => reply;
  };
  const guest = async () => (await administration.admin.get(`/guests/${sub}`)).body as unknown as Shown;
  /** Without a token, which would be over a day later. */
  const state = async () => (await guestpass.server.app.guests.findBySub(sub))?.state;

  it("is marked with the status, the server's words without the address, and the time", async () => {
    await start();
    refuse(unknownUser);
    const before = guestpass.clock.now();
    await mailTo("Ada@example.com");
    const { aliases, undeliverable_since: since } = await guest();
    expect(Date.parse(since as string)).to.be.at.least(before);
    expect(aliases[0]?.undeliverable).to.deep.equal({
      since,
      refusals: 1,
      status: "5.1.1",
      reason: "<…@example.com>: Recipient address rejected: User unknown",
    });
    await mailTo("ada@example.com");
    expect((await guest()).aliases[0]?.undeliverable).to.include({ since, refusals: 2 });
  });

  it("shows in the directory, at the command line and in the audit trail", async () => {
    await start();
    await guestpass.addGuest("grace@example.com");
    refuse(unknownUser);
    await mailTo("ada@example.com");
    const subsIn = (body: Record<string, unknown>) => (body["items"] as Shown[]).map((each) => each.sub);
    expect(subsIn((await administration.admin.get("/guests?undeliverable=true")).body)).to.deep.equal([sub]);
    expect(subsIn((await administration.admin.post("/guests/search", { undeliverable: false })).body)).to.not.include(sub);
    expect((await administration.files.get("/guests?undeliverable=true")).status, "an application").to.equal(403);

    const cli = new Cli(guestpass.settings, "guest");
    expect((await cli.json<Shown[]>("list", "--undeliverable")).map((each) => each.sub)).to.deep.equal([sub]);
    expect(await cli.ok("show", sub)).to.match(/UNDELIVERABLE_SINCE.*\n.*5\.1\.1 <…@example\.com>: Recipient address rejected/);

    const audit = (await administration.admin.get(`/audit?sub=${sub}&action=mailbox.undeliverable`)).body["items"] as Entry[];
    expect(audit).to.have.length(1);
    expect(audit[0]?.details).to.include({ status: "5.1.1", refusals: 1 });
    expect(JSON.stringify(audit[0]?.details)).to.not.contain("ada@");
    expect(audit[0]?.personal).to.deep.equal({
      address: "ada@example.com",
      reason: "<…@example.com>: Recipient address rejected: User unknown",
    });
  });

  it("is not marked for what is not the mailbox's doing", async () => {
    await start();
    for (const reply of [
      { code: 451, text: "4.7.1 Greylisted" },
      { code: 452, text: "4.2.2 The mailbox is full" },
      { code: 550, text: "5.7.1 Message refused by policy" },
      { code: 554, text: "5.7.1 Relay access denied" },
      { code: 530, text: "5.7.0 Authentication required" },
      { code: 552, text: "5.3.4 Message too big" },
      { code: 553, text: "5.1.8 The sender's domain has no MX" },
      { code: 554, text: "No" },
    ]) {
      refuse(reply);
      await mailTo("ada@example.com");
      expect((await guest()).undeliverable_since, reply.text).to.equal(null);
    }
    guestpass.mail.answer = () => undefined;
    guestpass.mail.answerToMail = () => ({ code: 550, text: "Looks like spam" });
    await mailTo("ada@example.com");
    expect((await guest()).undeliverable_since, "a refusal of the content").to.equal(null);
  });

  it("is marked where the refusal comes after the content, or has no enhanced status", async () => {
    await start();
    guestpass.mail.answerToMail = () => ({ code: 550, text: "5.2.1 The account is disabled" });
    await mailTo("ada@example.com");
    guestpass.mail.answerToMail = () => undefined;
    refuse({ code: 550, text: "no such user" });
    await mailTo("ada@example.com");
    expect((await guest()).aliases[0]?.undeliverable).to.include({ refusals: 2, status: "550", reason: "no such user" });
  });

  it("is no longer marked once a code that was sent there comes back", async () => {
    await start();
    refuse(unknownUser);
    await mailTo("ada@example.com");
    expect((await guest()).undeliverable_since).to.be.a("string");
    guestpass.mail.answer = () => undefined;
    await mailTo("ada@example.com");
    expect((await guest()).undeliverable_since, "a mail that was accepted may still come back").to.be.a("string");
    await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(files), "ada@example.com");
    const { aliases, undeliverable_since: since } = await guest();
    expect([since, aliases[0]?.undeliverable]).to.deep.equal([null, null]);
  });

  it("marks nobody where the address is no guest's", async () => {
    await start();
    refuse(unknownUser);
    await mailTo("stranger@example.com");
    expect((await administration.admin.get("/guests?undeliverable=true")).body["items"]).to.deep.equal([]);
  });

  it("leaves the guest's access alone unless the operator wants it ended", async () => {
    await start();
    refuse(unknownUser);
    for (let mail = 0; mail < 4; mail++) await mailTo("ada@example.com");
    expect(await guest()).to.include({ state: "invited", suspended_reason: null });
  });

  it("ends the guest's access after as many refusals as the operator says, with the reason; let in again, they are counted anew", async () => {
    await start({ GUESTPASS_SUSPEND_AFTER_REFUSALS: "2" });
    refuse(unknownUser);
    await noticeTo("ada@example.com");
    expect(await state()).to.equal("invited");
    await noticeTo("ada@example.com");
    expect(await state(), "one a day counts").to.equal("invited");
    guestpass.clock.advance({ days: 1 });
    await noticeTo("ada@example.com");
    const reason = "Mail does not arrive (5.1.1): <…@example.com>: Recipient address rejected: User unknown";
    expect(await guest()).to.include({ state: "suspended", suspended_reason: reason });
    const audit = (await administration.admin.get(`/audit?sub=${sub}&action=guest.suspended`)).body["items"] as Entry[];
    expect(audit.map(({ actor, personal }) => [actor, personal])).to.deep.equal([["system", { reason }]]);

    await guestpass.server.app.guests.resume(sub, operator);
    expect(await guest()).to.include({ state: "invited", undeliverable_since: null });
    guestpass.clock.advance({ days: 1 });
    await noticeTo("ada@example.com");
    expect(await state()).to.equal("invited");
  });

  it("does not end the guest's access for codes that anybody may have asked for, however many; it is marked", async () => {
    await start({ GUESTPASS_SUSPEND_AFTER_REFUSALS: "1" });
    refuse(unknownUser);
    for (let days = 0; days < 3; days++) {
      await mailTo("ada@example.com");
      guestpass.clock.advance({ days: 1 });
    }
    expect(await guest()).to.include({ state: "invited" });
    expect((await guest()).aliases[0]?.undeliverable).to.include({ refusals: 3 });
    await noticeTo("ada@example.com");
    expect(await guest(), "a mail that an administrator, an application or the guest asked for").to.include({ state: "suspended" });
  });

  it("nor for other mail that strangers cause: a request to a sponsor, a code for adding the address", async () => {
    await start({ GUESTPASS_SUSPEND_AFTER_REFUSALS: "1" });
    const invited = { email: "eve@example.com", client_id: "files", sponsor_email: "ada@example.com", send_mail: false };
    const { id, link } = (await administration.admin.post("/invitations", invited)).body;
    await administration.admin.post(`/invitations/${id}/revoke`);
    const bob = guestpass.browser();
    await guestpass.addGuest("bob@example.com");
    await enterAccount(guestpass, bob, "bob@example.com");
    refuse(unknownUser);
    const settled = (kind: string) =>
      eventually(`the ${kind} is settled`, async () => {
        const mails = await guestpass.server.app.outbox.list({ recipient: "ada@example.com" });
        return mails.some((mail) => mail.kind === kind && mail.lastReply !== null);
      });
    const stranger = guestpass.browser();
    await stranger.submit(await stranger.open(String(link)), "/ask");
    await settled("sponsor-request");
    await bob.submit(await bob.open(`${guestpass.issuer}/account/addresses`), "/account/addresses", { email: "ada@example.com" });
    await settled("passcode");
    expect(await guest()).to.include({ state: "invited" });
    await eventually("both are noted", async () => (await guest()).aliases[0]?.undeliverable?.refusals === 2);
    expect(await guest()).to.include({ state: "invited" });
  });

  it("does not end the access of a guest who has another mailbox that takes mail", async () => {
    await start({ GUESTPASS_SUSPEND_AFTER_REFUSALS: "1" });
    await administration.admin.post(`/guests/${sub}/aliases`, { email: "ada@home.example", other_mailbox: true });
    refuse(unknownUser);
    await noticeTo("ada@example.com");
    expect(await guest()).to.include({ state: "invited" });
    refuse({ ...unknownUser, text: "5.1.1 User unknown" });
    await noticeTo("ada@home.example");
    expect((await guest()).state, "neither takes mail any more").to.equal("suspended");
  });
});

interface Shown {
  sub: string;
  state: string;
  suspended_reason: string | null;
  undeliverable_since: string | null;
  aliases: { undeliverable: { refusals: number } | null }[];
}

interface Entry {
  actor: string;
  details: object;
  personal: unknown;
}
