import { expect } from "chai";
import type * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { RelyingServer } from "../../support/relying-server.ts";

const ada = "ada@example.com";

describe("a guest whose deadline has passed", () => {
  let guestpass: Guestpass;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_SESSION_DAYS: "60" });
  });
  afterEach(() => guestpass.stop());

  async function confirm(browser: Browser, page: Answer): Promise<Answer> {
    expect(page.title).to.equal("Please confirm your mailbox");
    const before = guestpass.mail.to(ada).length;
    const asked = await browser.submit(page, "/confirm");
    return browser.submit(asked, "/passcode", { code: await guestpass.mail.code(ada, before + 1) });
  }

  it("is asked for one code where the deadline, max_age and prompt=login come together", async () => {
    const files = await guestpass.register("files");
    const browser = guestpass.browser();
    await guestpass.signIn(browser, await guestpass.authorizationRequest(files), ada);
    guestpass.clock.advance({ days: 8 });
    await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
    const silent = await guestpass.authorizationRequest(files, { prompt: "none", max_age: "60" });
    expect((await browser.open(silent.url)).query["error"]).to.equal("login_required");
    const request = await guestpass.authorizationRequest(files, { prompt: "login", max_age: "60" });
    const answer = await confirm(browser, await browser.open(request.url));
    const claims = (await guestpass.redeem(request, answer)).claims() as oidc.IDToken;
    expect(claims.auth_time).to.be.closeTo(Date.now() / 1000, 30);
    expect(guestpass.mail.to(ada)).to.have.length(2);
  });
});

describe("signing out at one application", () => {
  let relying: RelyingServer;
  let guestpass: Guestpass;

  beforeEach(async () => {
    relying = await new RelyingServer().start();
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" });
  });
  afterEach(async () => {
    await guestpass.stop();
    await relying.stop();
  });

  for (const { how, failures } of [
    { how: "at once", failures: 0 },
    { how: "later, where they fail at first", failures: 2 },
  ]) {
    it(`is announced to the other applications of the same session, ${how}, and ends their tokens`, async () => {
      const other = await guestpass.register("other", {
        metadata: { backchannel_logout_uri: relying.url },
      });
      const files = await guestpass.register("files");
      const browser = guestpass.browser();
      const first = await guestpass.authorizationRequest(other);
      const theirs = await guestpass.redeem(first, await guestpass.signIn(browser, first, ada));
      const second = await guestpass.authorizationRequest(files);
      const tokens = await guestpass.redeem(second, await browser.open(second.url));
      const page = await browser.open(`${guestpass.issuer}/session/end?id_token_hint=${tokens.id_token}`);
      let left = failures;
      relying.answer = () => (left-- > 0 ? 500 : 200);
      await browser.submit(page, "/session/end/confirm", { logout: "yes" });
      const { db } = guestpass.server.app;
      const failed = async () => (await db("logouts").where({ attempts: failures })).length === 1;
      if (failures > 0) await eventually("as many attempts have failed", failed);
      guestpass.clock.advance({ seconds: 10 });
      await eventually("one logout", () => relying.received.length === 1);
      const told = JSON.parse(Buffer.from(relying.received[0]?.fields["logout_token"]?.split(".")[1] ?? "", "base64url").toString());
      expect(told).to.include({ aud: "other", sid: theirs.claims()?.["sid"] });
      const userinfo = await fetch(`${guestpass.issuer}/me`, { headers: { authorization: `Bearer ${theirs.access_token}` } });
      expect(userinfo.status).to.equal(401);
    });
  }
});
