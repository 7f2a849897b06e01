import { expect } from "chai";
import express from "express";
import { auth } from "express-openid-connect";
import { Browser } from "../support/browser.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { type RelyingParty, serveRelyingParty } from "../support/relying-party.ts";
import { say } from "../support/texts.ts";

describe("express-openid-connect as a relying party", () => {
  let guestpass: Guestpass;
  let application: RelyingParty;

  before(async () => {
    guestpass = await Guestpass.start();
    const origin = `http://127.0.0.1:${await freePort()}`;
    const metadata = { redirect_uris: [`${origin}/callback`], post_logout_redirect_uris: [origin] };
    const { secret } = await guestpass.register("express", { metadata });
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
        authorizationParams: { response_type: "code", scope: "openid email profile" },
      }),
    );
    app.get("/", async ({ oidc }, res) => {
      const signedIn = oidc.isAuthenticated();
      res.json({ signedIn, user: oidc.user, userinfo: signedIn ? await oidc.fetchUserInfo() : null });
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

  it("signs a guest in, refreshes, and signs out of both", async () => {
    const browser = new Browser();
    const { origin } = application;
    const home = await guestpass.signIn(browser, { url: `${origin}/login` }, "ada@example.com");
    expect(home.url).to.equal(`${origin}/`);
    const { signedIn, user, userinfo } = JSON.parse(home.body);
    expect(signedIn).to.equal(true);
    expect(user).to.include({ acr: "urn:guestpass:acr:mailbox" });
    expect(userinfo).to.include({ sub: user.sub, email: "ada@example.com" });
    expect(JSON.parse((await browser.open(`${origin}/refresh`)).body)).to.deep.equal({ renewed: true });

    const sure = await browser.open(`${origin}/logout`);
    expect(sure.title).to.equal(say("sign-out.title"));
    const left = await browser.submit(sure, "/session/end/confirm", { logout: "yes" });
    expect(left.url).to.equal(`${origin}/`);
    expect(JSON.parse(left.body)).to.include({ signedIn: false });
    const again = await browser.open(`${origin}/login`);
    expect(again.title).to.equal(say("enter-email.title", { application: "Application express" }));
  });
});
