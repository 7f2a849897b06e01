import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import type { Address } from "../../../src/guests/address.ts";
import { parseAddress } from "../../../src/guests/address.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import type { InviteRequest } from "../../../src/invitations/invitation.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("the link of an invitation", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let starter: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    const policy = { targetOrigins: ["https://app.example"] };
    files = await guestpass.register("files", { admission: "invited", policy });
    starter = await guestpass.register("starter", {
      admission: "invited",
      policy,
      metadata: { initiate_login_uri: "https://app.example/start?from=mail" },
    });
  });
  after(() => guestpass.stop());

  async function invite(email: string, change: Partial<InviteRequest> = {}) {
    const application = await guestpass.server.app.applications.read((change.application ?? files).clientId);
    const request: InviteRequest = {
      address: parseAddress(email) as Address,
      targetUrl: "https://app.example/f/42",
      label: "Plan",
      sponsorName: "Charles",
      sponsorEmail: "charles@example.org",
      message: null,
      name: null,
      locale: null,
      reverificationDays: null,
      redeemBy: guestpass.clock.now() + 14 * 24 * 3_600_000,
      accessEndsAt: null,
      sendMail: true,
      ...change,
      application: application as InviteRequest["application"],
    };
    const result = await guestpass.server.app.invitations.invite(request, operator);
    if (result.outcome !== "invited") throw new Error(result.outcome);
    return result;
  }

  const stateOf = async (id: string) => {
    const invitation = await guestpass.server.app.invitations.find(id);
    return { redeemed: invitation?.redeemedAt !== null, verified: invitation?.verifiedAt !== null };
  };

  it("comes by mail, and leads to what was shared", async () => {
    const { link } = await invite("ada@example.com");
    const [mail] = await guestpass.mail.wait("ada@example.com");
    expect(mail?.parsed.subject).to.equal("Charles invites you to Application files");
    expect(mail?.parsed.text).to.contain(link);
    const answer = await guestpass.browser().request(link.replace(guestpass.server.app.config.issuer, guestpass.issuer));
    expect(answer.status).to.equal(303);
    expect(answer.location).to.equal("https://app.example/f/42");
  });

  it("begins sign-in at an application that can begin one for a third party", async () => {
    const { link } = await invite("ada@example.com", { application: starter as unknown as InviteRequest["application"] });
    const url = new URL((await guestpass.browser().request(link)).location);
    expect(url.origin + url.pathname).to.equal("https://app.example/start");
    expect(Object.fromEntries(url.searchParams)).to.deep.equal({
      from: "mail",
      iss: guestpass.issuer,
      login_hint: "ada@example.com",
      target_link_uri: "https://app.example/f/42",
    });
  });

  it("leads to the address of an application on the guest's own device, or to the front page: it has no site to go back to", async () => {
    const uris = { application_type: "native", token_endpoint_auth_method: "none", redirect_uris: ["com.example.files:/callback"] };
    for (const [clientId, more, place] of [
      ["phone", {}, `${guestpass.issuer}/`],
      ["tablet", { client_uri: "https://files.example/app" }, "https://files.example/app"],
      ["computer", { redirect_uris: ["http://127.0.0.1/callback"] as string[] }, `${guestpass.issuer}/`],
      ["other", { redirect_uris: ["https://files.example/callback"] as string[] }, "https://files.example/"],
    ] as const) {
      const application = await guestpass.register(clientId, { admission: "invited", metadata: { ...uris, ...more } });
      const { link } = await invite("ada@example.com", {
        application: application as unknown as InviteRequest["application"],
        targetUrl: null,
      });
      expect((await guestpass.browser().request(link)).location).to.equal(place);
    }
  });

  it("proves nothing and changes nothing when a scanner opens it", async () => {
    const { invitation, link } = await invite("grace@example.com");
    for (const method of ["GET", "HEAD", "GET"]) {
      expect((await guestpass.browser({ purpose: "prefetch" }).request(link, { method })).status).to.equal(303);
    }
    expect(await stateOf(invitation.id)).to.deep.equal({ redeemed: false, verified: false });
  });

  it("is redeemed by the first proof of the mailbox", async () => {
    const { invitation } = await invite("mary@example.com", { sendMail: false });
    await guestpass.redeem(...(await signedIn("mary@example.com")));
    expect(await stateOf(invitation.id)).to.deep.equal({ redeemed: true, verified: true });
  });

  it("cannot be guessed or altered", async () => {
    const { link } = await invite("joan@example.com", { sendMail: false });
    for (const bad of [
      `${link}x`,
      link.slice(0, -1),
      link.replace(/\.[^.]*$/, ".AAAA"),
      `${guestpass.issuer}/invitations/1`,
      `${guestpass.issuer}/invitations/%00`,
    ]) {
      const answer = await guestpass.browser().request(bad);
      expect(answer.status, bad).to.equal(404);
      expect(answer.location).not.to.contain("app.example");
    }
  });

  it("says in plain words that it is over, and asks the sponsor for a new one, once a day", async () => {
    const { invitation, link } = await invite("eve@example.com", { sendMail: false });
    await guestpass.server.app.invitations.revoke(invitation, operator);
    const browser = guestpass.browser();
    const page = await browser.open(link);
    expect(page.status).to.equal(410);
    expect(page.text).to.contain("has expired or was withdrawn");
    for (let times = 0; times < 3; times++) {
      expect((await browser.submit(page, "/ask")).title).to.equal("We asked for a new invitation");
    }
    const mails = await guestpass.mail.wait("charles@example.org");
    expect(mails.map(({ parsed }) => parsed.subject)).to.deep.equal(["New invitation to Application files for eve@example.com?"]);
    expect((await browser.open(`${page.url}/ask`)).title, "as a phone loads it again").to.equal(page.title);
    const asked = await guestpass.server.app.audit.list({ action: "invitation.fresh-asked" }, 10);
    expect(asked.entries.map(({ guestSub, clientId }) => [guestSub, clientId])).to.deep.equal([[invitation.guestSub, "files"]]);
  });

  it("says that it is over where its address was removed, its guest or its application", async () => {
    const { applications, aliases, guests, lifeCycle } = guestpass.server.app;
    const short = await guestpass.register("short", { admission: "invited", policy: { targetOrigins: ["https://app.example"] } });
    const toApplication = await invite("ines@example.com", { application: short as unknown as InviteRequest["application"] });
    const toGuest = await invite("ivy@example.com");
    const second = parseAddress("iris@home.example") as Address;
    const iris = await guests.findBySub(await guestpass.addGuest("iris@example.com"));
    await aliases.add(iris as Guest, second, { otherMailbox: true }, operator);
    const toAddress = await invite("iris@home.example");
    await applications.remove("short", operator);
    await lifeCycle.erase((await guests.findBySub(toGuest.invitation.guestSub)) as Guest, operator);
    await aliases.remove((await guests.findBySub(toAddress.invitation.guestSub)) as Guest, second, operator);
    for (const { link } of [toApplication, toGuest, toAddress]) {
      const page = await guestpass.browser().open(link);
      expect([page.status, page.title]).to.deep.equal([410, "This invitation no longer works"]);
      expect(page.text).to.contain("Ask the person who invited you for a new one.");
    }
  });

  it("lets nobody in once it is revoked, at the next use of anything", async () => {
    const { invitation } = await invite("dora@example.com", { sendMail: false });
    const [request, answer] = await signedIn("dora@example.com");
    const tokens = await guestpass.redeem(request, answer);
    await guestpass.server.app.invitations.revoke(invitation, operator);
    const userinfo = await fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(userinfo.status).to.equal(401);
  });

  it("is needed: an address without one gets a mail that says so, and no code", async () => {
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), "nobody@example.com");
    expect(page.title).to.equal("Check your email");
    const [mail] = await guestpass.mail.wait("nobody@example.com");
    expect(mail?.parsed.text).to.contain("was not invited");
  });

  async function signedIn(address: string): Promise<Parameters<Guestpass["redeem"]>> {
    const request = await guestpass.authorizationRequest(files);
    return [request, await guestpass.signIn(guestpass.browser(), request, address)];
  }
});
