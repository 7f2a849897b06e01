import { expect } from "chai";
import * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

const company = "ada@company.example";
const home = "ada@home.example";

describe("a guest who left the company", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let sub: string;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_SESSION_DAYS: "60" });
    files = await guestpass.register("files", { admission: "invited", policy: { targetOrigins: ["https://app.example"] } });
    sub = await guestpass.addGuest(company);
    const guest = await guestpass.server.app.guests.findBySub(sub);
    if (!guest) throw new Error("no guest");
    await guestpass.server.app.aliases.add(guest, parseAddress(home) as Address, { otherMailbox: true }, operator);
    await guestpass.mail.wait(company);
    await invite(company, "https://app.example/company-plan");
  });
  afterEach(() => guestpass.stop());

  async function invite(address: string, targetUrl: string): Promise<void> {
    const { app } = guestpass.server;
    const application = await app.applications.read("files");
    if (!application) throw new Error("not registered");
    const rest = { name: null, locale: null, label: null, sponsorName: null, sponsorEmail: null, message: null, reverificationDays: null };
    const request = { ...rest, application, address: parseAddress(address) as Address, targetUrl, sendMail: false, accessEndsAt: null };
    await app.invitations.invite({ ...request, redeemBy: Date.now() + 90 * 86_400_000 }, operator);
  }

  async function signIn(address: string) {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(files, { scope: "openid email invitations" });
    const tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, address));
    return { browser, config: request.config, tokens };
  }

  const targets = async (config: oidc.Configuration, accessToken: string) => {
    const claims = await oidc.fetchUserInfo(config, accessToken, sub);
    return (claims["invitations"] as { target_url: string }[]).map(({ target_url }) => target_url).sort();
  };

  it("opens nothing with the private mailbox where only the company one was invited", async () => {
    const page = await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(files), home);
    expect(page.title, "the same page as ever").to.equal("Check your email");
    const mails = await guestpass.mail.wait(home, 1);
    expect(mails[0]?.parsed.text).not.to.match(/^\d{6}$/m);
  });

  it("keeps what the private mailbox was invited to, and loses the rest when the company's proof is too old", async () => {
    await invite(home, "https://app.example/private-plan");
    await signIn(company);
    guestpass.clock.advance({ days: 20 });
    const { config, tokens } = await signIn(home);
    expect(await targets(config, tokens.access_token)).to.have.length(2);
    expect(tokens.claims()?.["session_expiry"], "of the first right that lapses").to.be.closeTo(Date.now() / 1000 + 10 * 86_400, 30);
    guestpass.clock.advance({ days: 11 });
    const later = await signIn(home);
    expect(await targets(later.config, later.tokens.access_token)).to.deep.equal(["https://app.example/private-plan"]);
    expect((await later.browser.open((await guestpass.authorizationRequest(files, { prompt: "none" })).url)).query).to.have.property(
      "code",
    );
  });

  it("is asked for it by an application that is for the company's domain, though the private one was proven elsewhere", async () => {
    const intranet = await guestpass.register("intranet", { admission: "domains", policy: { allowDomains: ["company.example"] } });
    const elsewhere = await guestpass.register("elsewhere");
    const browser = guestpass.browser();
    await guestpass.signIn(browser, await guestpass.authorizationRequest(intranet), company);
    guestpass.clock.advance({ days: 20 });
    await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(elsewhere), home);
    guestpass.clock.advance({ days: 11 });
    const silent = await guestpass.authorizationRequest(intranet, { prompt: "none" });
    expect((await browser.open(silent.url)).query["error"]).to.equal("login_required");
    expect((await browser.open((await guestpass.authorizationRequest(elsewhere)).url)).query, "any mailbox will do there").to.have.property(
      "code",
    );
  });

  it("loses what was shared with a domain that is refused since, and keeps the rest", async () => {
    await invite(home, "https://app.example/private-plan");
    await signIn(company);
    const { config, tokens } = await signIn(home);
    expect(await targets(config, tokens.access_token)).to.have.length(2);
    await guestpass.server.app.settings.update({ denyDomains: ["company.example"] }, operator);
    expect(await targets(config, tokens.access_token)).to.deep.equal(["https://app.example/private-plan"]);
  });

  it("is asked for the company's mailbox where the application names it, whatever else is proven", async () => {
    await invite(home, "https://app.example/private-plan");
    const { browser } = await signIn(home);
    const silent = await guestpass.authorizationRequest(files, { prompt: "none", login_hint: company });
    expect((await browser.open(silent.url)).query["error"]).to.equal("login_required");
    const page = await browser.open((await guestpass.authorizationRequest(files, { login_hint: company })).url);
    expect(page.title).to.equal("Please confirm your mailbox");
    expect(page.text).to.contain("a•••@company.example");
  });
});
