import { expect } from "chai";
import express from "express";
import { auth } from "express-openid-connect";
import session from "express-session";
import { operator } from "../../src/audit/audit.ts";
import { Browser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { type RelyingParty, serveRelyingParty } from "../support/relying-party.ts";
import { say } from "../support/texts.ts";

describe("express-openid-connect as a relying party", () => {
  let guestpass: Guestpass;
  let application: RelyingParty;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.1/32" });
    const origin = `http://127.0.0.1:${await freePort()}`;
    const metadata = {
      redirect_uris: [`${origin}/callback`],
      post_logout_redirect_uris: [origin],
      backchannel_logout_uri: `${origin}/backchannel-logout`,
    };
    const { secret } = await guestpass.register("express", { metadata, policy: { reverificationDays: 0.5 } });
    const app = express();
    app.use(
      auth({
        issuerBaseURL: guestpass.issuer,
        baseURL: origin,
        clientID: "express",
        clientSecret: secret as string,
        clientAuthMethod: "client_secret_basic",
        secret: "a secret of the application for its own cookie",
        authRequired: false,
        idpLogout: true,
        // Its documentation takes any store of express-session, its types do not.
        backchannelLogout: { store: new session.MemoryStore() as never },
        authorizationParams: { response_type: "code", scope: "openid email profile" },
      }),
    );
    app.get("/", ({ oidc }, res) => {
      res.json({ signedIn: oidc.isAuthenticated(), user: oidc.user });
    });
    app.get("/userinfo", async ({ oidc }, res) => {
      res.json(await oidc.fetchUserInfo());
    });
    app.get("/refresh", async ({ oidc }, res) => {
      const { access_token: token } = (await oidc.accessToken?.refresh()) ?? {};
      res.json({ renewed: token !== undefined });
    });
    application = await serveRelyingParty(app, origin);
  });
  after(async () => {
    await application.close();
    await guestpass.stop();
  });

  const read = async (browser: Browser, path: string) => JSON.parse((await browser.open(application.origin + path)).body);

  async function signIn(address: string): Promise<{ browser: Browser; sub: string }> {
    const browser = new Browser();
    const home = await guestpass.signIn(browser, { url: `${application.origin}/login` }, address);
    expect(home.url).to.equal(`${application.origin}/`);
    const { signedIn, user } = JSON.parse(home.body);
    expect(signedIn).to.equal(true);
    return { browser, sub: user.sub };
  }

  it("signs a guest in, refreshes, and signs out of both", async () => {
    const { browser, sub } = await signIn("ada@example.com");
    expect((await read(browser, "/")).user).to.include({ acr: "urn:guestpass:acr:mailbox" });
    expect(await read(browser, "/userinfo")).to.include({ sub, email: "ada@example.com" });
    expect(await read(browser, "/refresh")).to.deep.equal({ renewed: true });

    const sure = await browser.open(`${application.origin}/logout`);
    expect(sure.title).to.equal(say("sign-out.title"));
    const left = await browser.submit(sure, "/session/end/confirm", { logout: "yes" });
    expect(left.url).to.equal(`${application.origin}/`);
    expect(JSON.parse(left.body)).to.include({ signedIn: false });
    const again = await browser.open(`${application.origin}/login`);
    expect(again.title).to.equal(say("enter-email.title", { application: "Application express" }));
  });

  it("ends the guest's session when a back-channel logout says so", async () => {
    const { browser, sub } = await signIn("grace@example.com");
    const { browser: other } = await signIn("mary@example.com");
    const { sessions } = guestpass.server.app;
    const [ended] = await sessions.list(sub);
    await sessions.end(ended?.uid ?? "", operator);
    await eventually("the application has nobody signed in", async () => !(await read(browser, "/")).signedIn);
    expect((await read(other, "/")).signedIn, "somebody else").to.equal(true);
  });

  it("ends its session at session_expiry by itself", async () => {
    const { browser } = await signIn("alan@example.com");
    guestpass.clock.advance({ hours: 11, minutes: 55 });
    expect((await read(browser, "/")).signedIn, "before").to.equal(true);
    // It takes 30 seconds off, so that this is before the deadline, and nobody has told it yet.
    guestpass.clock.advance({ minutes: 4, seconds: 45 });
    expect((await read(browser, "/")).signedIn, "after").to.equal(false);
  });
});
