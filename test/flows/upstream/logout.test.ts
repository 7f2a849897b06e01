// A provider tells that somebody has signed out there: the session that began with it ends.
import { expect } from "chai";
import type { Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { clientId, unsigned } from "../../support/organisation.ts";
import { askingHere, Partner } from "../../support/upstream.ts";

const ada = { sub: "ada-1", email: "ada@partner.example", email_verified: true };
const events = { "http://schemas.openid.net/event/backchannel-logout": {} };

describe("signing out at a partner's provider", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let partner: Partner;
  let tokens = 0;

  before(async () => {
    guestpass = await Guestpass.start(askingHere);
    files = await guestpass.register("files");
    partner = await Partner.registered(guestpass, "partner");
  });
  after(async () => {
    await partner.stop();
    await guestpass.stop();
  });

  async function signedIn(sid: string | undefined): Promise<Browser> {
    partner.organisation.lie = (claims, sign) => sign({ ...claims, ...(sid === undefined ? {} : { sid }) });
    const { browser, answer } = await partner.signIn(files, ada);
    expect(answer.query).to.have.property("code");
    return browser;
  }
  async function isSignedIn(browser: Browser): Promise<boolean> {
    const answer = await browser.open((await guestpass.authorizationRequest(files, { prompt: "none" })).url);
    return "code" in answer.query;
  }
  const claims = (changed: Record<string, unknown> = {}) => {
    const now = Math.floor(guestpass.clock.now() / 1000);
    const all = {
      iss: partner.organisation.issuer,
      aud: clientId,
      iat: now,
      exp: now + 120,
      jti: `logout-${++tokens}`,
      events,
      sid: "s-1",
      ...changed,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  };
  async function told(token: string, provider = "partner"): Promise<number> {
    const body = new URLSearchParams({ logout_token: token });
    return (await fetch(`${guestpass.issuer}/upstream/${provider}/logout`, { method: "POST", body })).status;
  }

  it("ends the session that began with it, and no other, and says the same of one that there is not", async () => {
    const [first, second] = [await signedIn("s-1"), await signedIn("s-2")];
    expect(await told(await partner.organisation.sign(claims({ sid: "s-9" })))).to.equal(200);
    expect([await isSignedIn(first), await isSignedIn(second)]).to.deep.equal([true, true]);
    expect(await told(await partner.organisation.sign(claims()))).to.equal(200);
    expect([await isSignedIn(first), await isSignedIn(second)]).to.deep.equal([false, true]);
  });

  it("ends all sessions of the guest where it names the person alone", async () => {
    const [first, second] = [await signedIn("s-3"), await signedIn(undefined)];
    expect(await told(await partner.organisation.sign(claims({ sid: undefined, sub: "nobody" })))).to.equal(200);
    expect([await isSignedIn(first), await isSignedIn(second)]).to.deep.equal([true, true]);
    expect(await told(await partner.organisation.sign(claims({ sid: undefined, sub: "ada-1" })))).to.equal(200);
    expect([await isSignedIn(first), await isSignedIn(second)]).to.deep.equal([false, false]);
  });

  it("takes no token that is forged, foreign, old, used, or no logout token", async () => {
    const browser = await signedIn("s-1");
    const now = Math.floor(guestpass.clock.now() / 1000);
    const wrong: Record<string, Record<string, unknown>> = {
      "another issuer": { iss: "https://evil.example" },
      "another audience": { aud: "other" },
      old: { iat: now - 3600, exp: now + 120 },
      expired: { exp: now - 600 },
      "no expiry": { exp: undefined },
      "no id": { jti: undefined },
      "no event": { events: undefined },
      "another event": { events: { other: {} } },
      "an event that is not valid": { events: { ...events, "http://schemas.openid.net/event/backchannel-logout": 1 } },
      "a nonce": { nonce: "of an ID token" },
      nobody: { sid: undefined },
      "a number": { sid: 7 },
    };
    for (const [what, changed] of Object.entries(wrong))
      expect(await told(await partner.organisation.sign(claims(changed))), what).to.equal(400);
    expect(await told(unsigned(claims())), "unsigned").to.equal(400);
    expect(await told(""), "nothing").to.equal(400);
    expect(await told(await partner.organisation.sign(claims()), "nowhere"), "no such provider").to.equal(400);
    expect(await isSignedIn(browser)).to.equal(true);
    const token = await partner.organisation.sign(claims());
    expect(await told(token)).to.equal(200);
    const again = await signedIn("s-1");
    expect(await told(token), "replayed").to.equal(400);
    expect(await isSignedIn(again)).to.equal(true);
  });
});
