import { expect } from "chai";
import * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { whoIs } from "../../support/identity.ts";
import { opens, refresh, signedIn } from "../../support/protocol.ts";

describe("a suspended guest", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  it("is asked for nothing and admitted nowhere: sessions, access and refresh tokens end at once", async () => {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, "ada@example.com"));
    const sub = tokens.claims()?.sub as string;
    await guestpass.server.app.guests.suspend(sub, "left the company", operator);

    const refused = async (attempt: Promise<unknown>) =>
      attempt.then(
        () => "let in",
        (error: { status?: number; error?: string }) => error.error ?? error.status,
      );
    expect(await refused(oidc.fetchUserInfo(request.config, tokens.access_token, sub))).to.be.oneOf([401, "invalid_token"]);
    expect(await refused(oidc.refreshTokenGrant(request.config, tokens.refresh_token as string))).to.equal("invalid_grant");
    const silent = await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url);
    expect(new URL(silent.location).searchParams.get("error")).to.equal("login_required");
    const again = await browser.open((await guestpass.authorizationRequest(application)).url);
    expect(again.document.querySelector("input[name=email]")).to.not.equal(null);
  });

  it("gets no code under any address", async () => {
    const { guests, aliases } = guestpass.server.app;
    const sub = await guestpass.addGuest("grace@example.com");
    await aliases.add(
      (await guests.findBySub(sub)) as Guest,
      parseAddress("hopper@example.com") as Address,
      { otherMailbox: false },
      operator,
    );
    await guests.suspend(sub, "left the company", operator);
    for (const address of ["grace@example.com", "hopper@example.com"]) {
      await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application), address);
      const [mail] = await guestpass.mail.wait(address);
      expect(mail?.parsed.text).to.not.match(/^\d{6}$/m);
    }
  });

  it("is not let in by a code that was mailed before", async () => {
    const { sub } = await whoIs(guestpass, application, "mary@example.com");
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "mary@example.com");
    const code = await guestpass.mail.code("mary@example.com", 2);
    await guestpass.server.app.guests.suspend(sub, "left the company", operator);
    const answer = await browser.post(page, "/passcode", { code });
    expect(answer.status).to.equal(403);
    expect(answer.title).to.equal("You cannot sign in to Application files");
    expect((await browser.open(page.url)).document.querySelector("input[name=code]")).to.not.equal(null);
  });

  it("is the same guest again once resumed", async () => {
    const { guests } = guestpass.server.app;
    const { sub } = await whoIs(guestpass, application, "joan@example.com");
    await guests.suspend(sub, "on leave", operator);
    expect(await guests.findBySub(sub)).to.include({ state: "suspended" });
    await guests.resume(sub, operator);
    expect(await guests.findBySub(sub)).to.include({ state: "active" });
    expect((await whoIs(guestpass, application, "joan@example.com")).sub).to.equal(sub);
  });

  it("has no session and no token to return to, however soon they are resumed", async () => {
    const { guests, sessions, db } = guestpass.server.app;
    await sessions.stop();
    const { browser, accessToken, refreshToken } = await signedIn(guestpass, application, { address: "kay@example.com" });
    const sub = (await guests.list({ search: "kay@example.com" })).guests[0]?.sub as string;
    await guests.suspend(sub, "by mistake", operator);
    await guests.resume(sub, operator);
    expect(await opens(guestpass, accessToken)).to.equal(false);
    expect((await refresh(guestpass, application, refreshToken)).json["error"]).to.equal("invalid_grant");
    const silent = await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url);
    expect(silent.query["error"]).to.equal("login_required");
    expect(await db("logouts").where({ sub })).to.have.length(1);
    sessions.run(20);
  });

  it("who had never proven a mailbox is invited again once resumed", async () => {
    const { guests } = guestpass.server.app;
    const sub = await guestpass.addGuest("betty@example.com");
    await guests.suspend(sub, "by mistake", operator);
    await guests.resume(sub, operator);
    expect(await guests.findBySub(sub)).to.include({ state: "invited" });
  });
});
