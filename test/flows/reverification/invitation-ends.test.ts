import { expect } from "chai";
import type { App } from "../../../src/app.ts";
import type { Application } from "../../../src/applications/application.ts";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import type { Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { type ReceivedLogout, RelyingServer } from "../../support/relying-server.ts";

const company = "ada@company.example";
const home = "ada@home.example";
const day = 86_400_000;

describe("when one of several invitations to an application is over", () => {
  let guestpass: Guestpass;
  let relying: RelyingServer;
  let files: RegisteredApplication;
  let guest: Guest;

  beforeEach(async () => {
    relying = await new RelyingServer().start();
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8", GUESTPASS_SESSION_DAYS: "60" });
    const { app } = guestpass.server;
    app.sessions.run(20);
    app.logouts.run(20);
    files = await guestpass.register("files", {
      admission: "invited",
      policy: { targetOrigins: [appOrigin] },
      metadata: { backchannel_logout_uri: relying.url },
    });
    guest = (await app.guests.findBySub(await guestpass.addGuest(company))) as Guest;
    await app.aliases.add(guest, parseAddress(home) as Address, { otherMailbox: true }, operator);
    await guestpass.mail.wait(company);
  });
  afterEach(async () => {
    await guestpass.stop();
    await relying.stop();
  });

  /** @returns the invitation's id */
  async function invite(
    address: string,
    target: string,
    accessEndsAt: number | null = null,
    reverificationDays: number | null = null,
  ): Promise<string> {
    const { app } = guestpass.server;
    const application = await app.applications.read("files");
    if (!application) throw new Error("not registered");
    const rest = { name: null, locale: null, label: null, sponsorName: null, sponsorEmail: null, message: null, reverificationDays };
    const request = {
      ...rest,
      application,
      address: parseAddress(address) as Address,
      targetUrl: `${appOrigin}/${target}`,
      sendMail: false,
    };
    const invited = await app.invitations.invite({ ...request, accessEndsAt, redeemBy: Date.now() + 90 * day }, operator);
    if (invited.outcome !== "invited") throw new Error(invited.outcome);
    return invited.invitation.id;
  }

  async function revoke(id: string): Promise<void> {
    const invitation = await guestpass.server.app.invitations.find(id);
    if (invitation) await guestpass.server.app.invitations.revoke(invitation, operator);
  }

  async function signIn(address: string) {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(files, { scope: "openid invitations" });
    await guestpass.redeem(request, await guestpass.signIn(browser, request, address));
    return browser;
  }

  const sessionIn = ({ fields }: ReceivedLogout) =>
    JSON.parse(Buffer.from(fields["logout_token"]?.split(".")[1] ?? "", "base64url").toString()).sid as string;

  /** How many sessions the application was told of once all that is to be looked at was, and all that is to be told. */
  async function told(): Promise<number> {
    const { app } = guestpass.server;
    const due = () => app.db("oidc_artifacts").where("check_at", "<=", guestpass.clock.now());
    await eventually("no rule waits to be applied", async () => (await app.db("session_checks")).length === 0);
    await eventually("no session is to be looked at", async () => (await due()).length === 0);
    // One that is being looked at is finished.
    await app.sessions.stop();
    app.sessions.run(20);
    await eventually("nothing waits", async () => (await app.db("logouts").where({ state: "queued" })).length === 0);
    return new Set(relying.received.map(sessionIn)).size;
  }

  /** The guest comes back without a screen. @returns the targets that are open then */
  async function comeBack(browser: Browser): Promise<string[]> {
    const request = await guestpass.authorizationRequest(files, { prompt: "none", scope: "openid invitations" });
    const { access_token } = await guestpass.redeem(request, await browser.open(request.url));
    const userinfo = await fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${access_token}` } });
    const { invitations } = (await userinfo.json()) as { invitations: { target_url: string }[] };
    return invitations.map(({ target_url }) => target_url.slice(appOrigin.length + 1));
  }

  it("the application is told of the one that is revoked, once, and the guest comes back to what is left", async () => {
    const plans = [await invite(company, "plan"), await invite(company, "budget")];
    const browser = await signIn(company);
    const elsewhere = await guestpass.register("elsewhere", { metadata: { backchannel_logout_uri: relying.url } });
    await browser.open((await guestpass.authorizationRequest(elsewhere)).url);
    await revoke(plans[0] as string);
    expect(await told()).to.equal(1);
    expect(await comeBack(browser)).to.deep.equal(["budget"]);
    expect(await guestpass.server.app.sessions.list(guest.sub), "it is the same session, and elsewhere it goes on").to.have.length(1);
    guestpass.clock.advance({ minutes: 2 });
    expect(await told(), "that one is not over").to.equal(1);
    await revoke(plans[1] as string);
    expect(await told()).to.equal(2);
    expect(relying.received).to.have.length(2);
  });

  it("it is the same where an end of access comes, one after the other", async () => {
    await invite(company, "plan", Date.now() + 3 * day);
    await invite(company, "budget", Date.now() + 6 * day);
    const browser = await signIn(company);
    guestpass.clock.advance({ days: 2 });
    expect(await told()).to.equal(0);
    guestpass.clock.advance({ days: 1, minutes: 2 });
    expect(await told()).to.equal(1);
    expect(await comeBack(browser)).to.deep.equal(["budget"]);
    guestpass.clock.advance({ days: 1 });
    expect(await told(), "it was told of that end").to.equal(1);
    guestpass.clock.advance({ days: 2 });
    expect(await told()).to.equal(2);
    guestpass.clock.advance({ days: 30 });
    expect(await told()).to.equal(2);
    expect(relying.received).to.have.length(2);
  });

  it("and where one mailbox is due while another is fresh", async () => {
    await invite(company, "plan", null, 7);
    await invite(home, "private-plan");
    await signIn(company);
    const browser = await signIn(home);
    guestpass.clock.advance({ days: 7, minutes: 2 });
    expect(await told(), "both sessions had opened both").to.equal(2);
    expect(await comeBack(browser)).to.deep.equal(["private-plan"]);
    guestpass.clock.advance({ days: 1 });
    expect(await told()).to.equal(2);
  });

  it("an end that was put off in time does not happen", async () => {
    const id = await invite(company, "plan", Date.now() + 3 * day);
    await signIn(company);
    const invitation = await guestpass.server.app.invitations.find(id);
    const dates = { redeemBy: Date.now() + 90 * day, accessEndsAt: Date.now() + 9 * day };
    if (invitation) await guestpass.server.app.invitations.extend(invitation, dates, operator);
    guestpass.clock.advance({ days: 4 });
    expect(await told()).to.equal(0);
    guestpass.clock.advance({ days: 5, minutes: 2 });
    expect(await told()).to.equal(1);
  });

  it("inviting again with an earlier end, or with a stricter rule, ends what is over by that at once", async () => {
    await invite(company, "plan");
    await signIn(company);
    guestpass.clock.advance({ days: 2 });
    expect(await told()).to.equal(0);
    await invite(company, "plan", null, 1);
    await eventually("it is told", async () => (await told()) === 1);
  });

  it("it is told where the one that is left is for a mailbox that was never proven, which is asked for then", async () => {
    const plan = await invite(company, "plan");
    await invite(home, "private-plan");
    const browser = await signIn(company);
    await revoke(plan);
    await eventually("it is told", async () => (await told()) === 1);
    const page = await browser.open((await guestpass.authorizationRequest(files)).url);
    expect(page.text).to.contain("a•••@home.example");
  });

  it("it is told again where the proof of that other mailbox is too old", async () => {
    const plan = await invite(company, "plan", Date.now() + 20 * day);
    await invite(home, "private-plan");
    await signIn(home);
    guestpass.clock.advance({ days: 15 });
    const browser = await signIn(company);
    await revoke(plan);
    expect(await told(), "both sessions had opened it").to.equal(2);
    expect(await comeBack(browser)).to.deep.equal(["private-plan"]);
    guestpass.clock.advance({ days: 15, minutes: 2 });
    expect(await told(), "the other mailbox is due").to.equal(3);
  });

  for (const [what, change] of [
    ["is removed", (app: App, guest: Guest) => app.aliases.remove(guest, parseAddress(home) as Address, operator)],
    [
      "is another one now",
      (app: App, guest: Guest) =>
        app.aliases.rename(guest, parseAddress(home) as Address, parseAddress("ada@new.example") as Address, operator),
    ],
    [
      "is the primary one now, and so to be proven afresh",
      (app: App, guest: Guest) => app.aliases.makePrimary(guest, parseAddress(home) as Address, operator),
    ],
  ] as const)
    it(`it is the same where the address that one was sent to ${what}`, async () => {
      const { app } = guestpass.server;
      await invite(company, "plan");
      await invite(home, "private-plan");
      await signIn(company);
      const browser = await signIn(home);
      expect(await comeBack(browser)).to.have.members(["plan", "private-plan"]);
      guest = (await app.guests.findBySub(guest.sub)) as Guest;
      expect((await change(app, guest)).outcome).to.equal("done");
      expect(await told(), "both sessions had opened both").to.equal(2);
      expect(await comeBack(browser)).to.deep.equal(["plan"]);
      expect(relying.received).to.have.length(2);
    });

  for (const whose of ["everywhere", "at the application"])
    it(`it is the same where the domain of the address is refused ${whose}, and other changes of the rules say nothing new`, async () => {
      const { app } = guestpass.server;
      await invite(company, "plan");
      await invite(home, "private-plan");
      await signIn(company);
      const browser = await signIn(home);
      const refuse = async (denyDomains: string[]) => {
        guestpass.clock.advance({ seconds: 2 });
        if (whose === "everywhere") return app.settings.update({ denyDomains }, operator);
        const application = (await app.applications.read("files")) as Application;
        return app.applications.update(application, { policy: { ...application.policy, denyDomains } }, operator);
      };
      await refuse(["company.example"]);
      expect(await told(), "both sessions had opened both").to.equal(2);
      guestpass.clock.advance({ seconds: 2 });
      expect(await comeBack(browser)).to.deep.equal(["private-plan"]);
      guestpass.clock.advance({ minutes: 2 });
      expect(await told(), "it is told of that already").to.equal(2);
      await refuse([]);
      expect(await told()).to.equal(2);
      expect(await comeBack(browser)).to.have.members(["plan", "private-plan"]);
    });

  it("and when the guest's own record ends, once, whatever invitations there are", async () => {
    await invite(company, "plan");
    await invite(company, "budget");
    await signIn(company);
    const before = (await guestpass.server.app.guests.findBySub(guest.sub)) as Guest;
    await guestpass.server.app.guests.update(before, { expiresAt: Date.now() + 2 * day }, operator);
    guestpass.clock.advance({ days: 1 });
    expect(await told()).to.equal(0);
    guestpass.clock.advance({ days: 1, minutes: 2 });
    expect(await told()).to.equal(1);
  });
});
