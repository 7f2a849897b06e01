import { expect } from "chai";
import { importJWK, type JWK, type JWTPayload, SignJWT } from "jose";
import type { HTMLElement } from "node-html-parser";
import { operator } from "../../../src/audit/audit.ts";
import type { Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { FileShare, reachesExample } from "../../support/file-share.ts";
import { altered, forgeries } from "../../support/forged-tokens.ts";
import { Guestpass } from "../../support/guestpass.ts";

const event = "http://schemas.openid.net/event/backchannel-logout";

describe("the example application ends its own sessions", () => {
  let guestpass: Guestpass;
  let fileShare: FileShare;

  async function start(settings: Record<string, string>): Promise<void> {
    guestpass = await Guestpass.start(settings);
    fileShare = await FileShare.start(guestpass);
    await fileShare.share("ada@example.com");
  }
  afterEach(async () => {
    await fileShare.stop();
    await guestpass.stop();
  });

  const isSignedIn = async (browser: Browser) => (await browser.request(fileShare.welcome)).status === 200;

  async function signedIn(): Promise<{ browser: Browser; sid: string; sub: string }> {
    const browser = await fileShare.signedIn("ada@example.com");
    const { document } = await browser.open(`${fileShare.url}/you`);
    return { browser, sid: claimIn(document, "sid"), sub: claimIn(document, "sub") };
  }

  function claimIn(document: HTMLElement, name: string): string {
    return (
      document
        .querySelectorAll("dl div")
        .find((row) => row.querySelector("dt")?.text === name)
        ?.querySelector("dd")?.text ?? ""
    );
  }

  it("at session_expiry, though nobody tells it, and the guest is told why a code is asked for", async () => {
    await start({});
    await guestpass.server.app.settings.update({ reverificationDays: 0.02 }, operator);
    const { browser } = await signedIn();
    guestpass.clock.advance({ minutes: 28 });
    expect(await isSignedIn(browser)).to.equal(true);
    guestpass.clock.advance({ minutes: 1 });
    expect(await isSignedIn(browser)).to.equal(false);
    expect((await browser.open(fileShare.welcome)).title).to.equal("Please confirm your mailbox");
  });

  it("after an hour at the latest, and comes back without asking the guest", async () => {
    await start({});
    const { browser } = await signedIn();
    guestpass.clock.advance({ minutes: 61 });
    expect(await isSignedIn(browser)).to.equal(false);
    expect((await browser.open(fileShare.welcome)).title).to.equal("Welcome.txt");
  });

  it("on back-channel logout: the one that is over, and no other", async () => {
    await start(reachesExample);
    const { sessions } = guestpass.server.app;
    const laptop = await signedIn();
    const [over] = await sessions.list(laptop.sub);
    const phone = await signedIn();
    await sessions.end(over?.uid ?? "", operator);
    await eventually("the session is over", async () => !(await isSignedIn(laptop.browser)));
    expect(await isSignedIn(phone.browser)).to.equal(true);
  });

  describe("and believes a logout token", () => {
    beforeEach(() => start({}));

    it("that names a session, or all of a guest's; once", async () => {
      const { browser, sid, sub } = await signedIn();
      const other = await signedIn();
      const token = await sign({ sid, sub });
      expect(await post(token)).to.deep.equal({ status: 200, cacheControl: "no-store" });
      expect([await isSignedIn(browser), await isSignedIn(other.browser)]).to.deep.equal([false, true]);
      expect((await post(token)).status, "once more").to.equal(400);
      expect((await post(await sign({ sub: "somebody else" }))).status).to.equal(200);
      expect(await isSignedIn(other.browser)).to.equal(true);
      expect((await post(await sign({ sub }))).status).to.equal(200);
      expect(await isSignedIn(other.browser)).to.equal(false);
    });

    it("and lets a sign-in as somebody else, which has begun in that browser, go on", async () => {
      await fileShare.create("Plan.txt", "The plan", "bob@example.com");
      await guestpass.mail.wait("bob@example.com");
      const browser = await fileShare.signedIn("bob@example.com", fileShare.welcome, fileShare.owner());
      const refused = await browser.open(fileShare.welcome);
      expect(refused.title).to.equal("This file is not shared with you");
      const asked = await browser.submit(refused, "/sign-in");
      const { document } = await browser.open(`${fileShare.url}/you`);
      expect((await post(await sign({ sub: claimIn(document, "sub") }))).status).to.equal(200);
      const sent = await browser.submit(asked, "/email", { email: "ada@example.com" });
      const page = await browser.submit(sent, "/passcode", { code: await guestpass.mail.code("ada@example.com", 2) });
      const file = await browser.submit(page, "/session/end/confirm");
      expect(file.title).to.equal("Welcome.txt");
    });

    it("of the provider alone: none that is forged, and none that says anything else", async () => {
      const { browser, sid, sub } = await signedIn();
      const now = Math.floor(Date.now() / 1000);
      const { publicKey } = await signingKey();
      const forged = await forgeries(await claims({ sid, sub }), { publicKey, attacker: "http://127.0.0.1:9" });
      const genuine = await sign({ sid, sub });
      const wrong: Record<string, string> = {
        ...forged,
        "another session under an old signature": altered(genuine, { sid: "other" }),
        "an ID token": await sign({ sid, sub }, "JWT"),
        "no type": await sign({ sid, sub }, null),
        "another type": await sign({ sid, sub }, "at+jwt"),
        "another issuer": await sign({ sid, sub, iss: "https://evil.example" }),
        "another application's": await sign({ sid, sub, aud: "other" }),
        expired: await sign({ sid, sub, iat: now - 100, exp: now - 40 }),
        "long ago": await sign({ sid, sub, iat: now - 3600, exp: now + 3600 }),
        "to come": await sign({ sid, sub, iat: now + 3600, exp: now + 7200 }),
        "without iat": await sign({ sid, sub, iat: undefined }),
        "without exp": await sign({ sid, sub, exp: undefined }),
        "without jti": await sign({ sid, sub, jti: undefined }),
        "without events": await sign({ sid, sub, events: undefined }),
        "another event": await sign({ sid, sub, events: { "http://schemas.openid.net/event/other": {} } }),
        "an event that is no object": await sign({ sid, sub, events: { [event]: true } }),
        "with a nonce": await sign({ sid, sub, nonce: "n" }),
        "about nobody": await sign({}),
        nothing: "",
      };
      for (const [what, token] of Object.entries(wrong)) expect((await post(token)).status, what).to.equal(400);
      expect(await isSignedIn(browser)).to.equal(true);
      expect((await post(genuine)).status, "and the genuine one").to.equal(200);
      expect(await isSignedIn(browser)).to.equal(false);
    });
  });

  async function post(token: string): Promise<{ status: number; cacheControl: string | null }> {
    const { status, headers } = await fetch(fileShare.backchannelLogout, {
      method: "POST",
      body: new URLSearchParams({ logout_token: token }),
    });
    return { status, cacheControl: headers.get("cache-control") };
  }

  async function claims(change: Record<string, unknown>): Promise<JWTPayload> {
    const now = Math.floor(Date.now() / 1000);
    const all = {
      iss: guestpass.issuer,
      aud: fileShare.clientId,
      iat: now,
      exp: now + 120,
      jti: crypto.randomUUID(),
      events: { [event]: {} },
    };
    const given = Object.entries({ ...all, ...change }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given);
  }

  /** A token under the provider's own key. */
  async function sign(change: Record<string, unknown>, typ: string | null = "logout+jwt"): Promise<string> {
    const { privateKey, publicKey } = await signingKey();
    const header = { alg: "RS256", kid: publicKey.kid as string, ...(typ && { typ }) };
    return new SignJWT(await claims(change)).setProtectedHeader(header).sign(await importJWK(privateKey, "RS256"));
  }

  async function signingKey() {
    const { signing } = await guestpass.server.app.signingKeys.load();
    const privateKey = signing.find(({ alg }) => alg === "RS256");
    if (!privateKey) throw new Error("no key");
    const { kty, n, e, kid, alg } = privateKey;
    return { privateKey, publicKey: { kty, n, e, kid, alg } as JWK };
  }
});
