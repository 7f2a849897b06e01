import { expect } from "chai";
import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy, type VerifyCallback } from "passport-openidconnect";
import { Browser } from "../support/browser.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { type RelyingParty, serveRelyingParty } from "../support/relying-party.ts";

describe("passport-openidconnect as a relying party", () => {
  let guestpass: Guestpass;
  let application: RelyingParty;

  before(async () => {
    guestpass = await Guestpass.start();
    const origin = `http://127.0.0.1:${await freePort()}`;
    // It sends no PKCE.
    const { secret } = await guestpass.register("passport", { pkceOptional: true, metadata: { redirect_uris: [`${origin}/callback`] } });
    const { issuer } = guestpass;
    const strategy = new Strategy(
      {
        issuer,
        authorizationURL: `${issuer}/auth`,
        tokenURL: `${issuer}/token`,
        userInfoURL: `${issuer}/me`,
        clientID: "passport",
        clientSecret: secret as string,
        callbackURL: `${origin}/callback`,
        scope: "email profile",
        nonce: "yes",
        skipUserProfile: false,
      },
      (_issuer: string, profile: passport.Profile, done: VerifyCallback) => done(null, profile),
    );
    const guests = new passport.Passport();
    guests.use(strategy);
    guests.serializeUser((user, done) => done(null, user));
    guests.deserializeUser((user: Express.User, done) => done(null, user));
    const app = express();
    app.use(session({ secret: "a secret of the application", resave: false, saveUninitialized: false }));
    app.use(guests.initialize(), guests.session());
    app.get("/login", guests.authenticate("openidconnect"));
    app.get("/callback", guests.authenticate("openidconnect", { successRedirect: "/", failureRedirect: "/failed" }));
    app.get("/", ({ user }, res) => {
      res.json(user ?? null);
    });
    app.get("/failed", (_req, res) => {
      res.status(403).send("not signed in");
    });
    application = await serveRelyingParty(app, origin);
  });
  after(async () => {
    await application.close();
    await guestpass.stop();
  });

  it("signs a guest in and learns who they are", async () => {
    const home = await guestpass.signIn(new Browser(), { url: `${application.origin}/login` }, "ada@example.com");
    expect(home.url).to.equal(`${application.origin}/`);
    const profile = JSON.parse(home.body);
    expect(profile.id).to.match(/^[0-9a-f-]{36}$/);
    expect(profile.emails).to.deep.equal([{ value: "ada@example.com" }]);
  });

  it("is told when a guest does not want to", async () => {
    const browser = new Browser();
    const asked = await browser.open(`${application.origin}/login`);
    const failed = await browser.submit(asked, "/cancel");
    expect(failed.url).to.equal(`${application.origin}/failed`);
  });
});
