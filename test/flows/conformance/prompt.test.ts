// OpenID Connect Core 1.0, section 3.1.2.1: prompt, max_age and id_token_hint.
import { expect } from "chai";
import type * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";

describe("a guest with a session", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let browser: Browser;
  let first: oidc.IDToken;
  let hint: string;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  beforeEach(async () => {
    browser = guestpass.browser();
    const tokens = await signIn({}, "ada@example.com");
    first = tokens.claims() as oidc.IDToken;
    hint = tokens.id_token as string;
  });
  afterEach(() => guestpass.clock.reset());

  async function signIn(params: Record<string, string>, address: string) {
    const request = await guestpass.authorizationRequest(application, params);
    return guestpass.redeem(request, await guestpass.signIn(browser, request, address));
  }

  /** Opens the request and expects no screen. */
  async function silently(params: Record<string, string>): Promise<oidc.IDToken> {
    const request = await guestpass.authorizationRequest(application, params);
    return (await guestpass.redeem(request, await browser.open(request.url))).claims() as oidc.IDToken;
  }

  const open = async (params: Record<string, string>): Promise<Answer> =>
    browser.open((await guestpass.authorizationRequest(application, params)).url);

  const asks = { title: say("enter-email.title", { application: "Application files" }), status: 200 };

  it("gets through without a screen, as the same person, from the same moment", async () => {
    guestpass.clock.advance({ minutes: 5 });
    expect(await silently({})).to.include({ sub: first.sub, auth_time: first.auth_time });
  });

  it("is asked again with prompt=login, and auth_time moves", async () => {
    guestpass.clock.advance({ minutes: 5 });
    expect(await open({ prompt: "login" })).to.include(asks);
    const again = (await signIn({ prompt: "login" }, "ada@example.com")).claims() as oidc.IDToken;
    expect(again.sub).to.equal(first.sub);
    expect(again.auth_time).to.be.within((first.auth_time as number) + 300, (first.auth_time as number) + 310);
  });

  it("is asked again when max_age has passed, and auth_time moves", async () => {
    guestpass.clock.advance({ seconds: 61 });
    expect(await open({ max_age: "60" })).to.include(asks);
    const again = (await signIn({ max_age: "60" }, "ada@example.com")).claims() as oidc.IDToken;
    expect(again.sub).to.equal(first.sub);
    expect(again.auth_time).to.be.at.least((first.auth_time as number) + 61);
  });

  it("is asked nothing while max_age has not passed, and auth_time stays", async () => {
    guestpass.clock.advance({ minutes: 5 });
    expect(await silently({ max_age: "15000" })).to.include({ sub: first.sub, auth_time: first.auth_time });
  });

  it("is asked again with max_age=0", async () => {
    expect(await open({ max_age: "0" })).to.include(asks);
  });

  it("sees nothing with prompt=none", async () => {
    expect(await silently({ prompt: "none" })).to.include({ sub: first.sub, auth_time: first.auth_time });
  });

  it("sees nothing with prompt=none and an id_token_hint of theirs, even one that has expired", async () => {
    expect((await silently({ prompt: "none", id_token_hint: hint })).sub).to.equal(first.sub);
    guestpass.clock.advance({ hours: 2 });
    expect((await silently({ prompt: "none", id_token_hint: hint })).sub).to.equal(first.sub);
  });

  it("is not presented as the guest of an id_token_hint", async () => {
    const elsewhere = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const others = await guestpass.redeem(request, await guestpass.signIn(elsewhere, request, "grace@example.com"));
    const answer = await open({ prompt: "none", id_token_hint: others.id_token as string });
    expect(answer.query).to.include({ error: "login_required", iss: guestpass.issuer });
    expect(await open({ id_token_hint: others.id_token as string })).to.include(asks);
  });

  it("is not signed in instead of the one who was asked for, by a hint or by the claim sub", async () => {
    const wishes = [
      { id_token_hint: hint },
      { id_token_hint: hint, prompt: "login" },
      { claims: JSON.stringify({ id_token: { sub: { value: first.sub } } }) },
    ];
    for (const wish of wishes) {
      browser = guestpass.browser();
      const answer = await guestpass.signIn(browser, await guestpass.authorizationRequest(application, wish), "grace@example.com");
      expect(answer.query, Object.keys(wish).join()).to.include({ error: "login_required", iss: guestpass.issuer });
      expect((await open({ prompt: "none" })).query).to.include({ error: "login_required" });
      expect((await signIn(wish, "ada@example.com")).claims()?.sub).to.equal(first.sub);
    }
  });

  it("is the one who was asked for under a sub that was merged away, too", async () => {
    browser = guestpass.browser();
    const before = await signIn({}, "lovelace@example.com");
    const { guests, lifeCycle } = guestpass.server.app;
    const [lost, survivor] = await Promise.all([before.claims()?.sub as string, first.sub].map((sub) => guests.findBySub(sub)));
    await lifeCycle.merge(lost as Guest, survivor as Guest, operator);
    browser = guestpass.browser();
    const after = await signIn({ id_token_hint: before.id_token as string }, "lovelace@example.com");
    expect(after.claims()?.sub).to.equal(first.sub);
  });

  it("gets login_required with prompt=none once max_age has passed", async () => {
    guestpass.clock.advance({ minutes: 5 });
    expect((await open({ prompt: "none", max_age: "60" })).query).to.include({ error: "login_required" });
  });

  it("chooses with prompt=select_account to go on, without a code, and auth_time stays", async () => {
    const request = await guestpass.authorizationRequest(application, { prompt: "select_account" });
    const page = await browser.open(request.url);
    expect(page.text.replace(/[\u2066-\u2069]/g, "")).to.contain("Continue as a•••@example.com");
    expect(page.body).not.to.contain("ada@");
    const claims = (await guestpass.redeem(request, await browser.submit(page, "/continue"))).claims() as oidc.IDToken;
    expect(claims).to.include({ sub: first.sub, auth_time: first.auth_time });
  });

  it("chooses with prompt=select_account another address, and is asked once", async () => {
    const request = await guestpass.authorizationRequest(application, { prompt: "select_account" });
    const page = await browser.open(request.url);
    const other = await browser.open(new URL(page.document.querySelector("a[href$='/email']")?.getAttribute("href") ?? "", page.url).href);
    const asked = await browser.submit(other, "/email", { email: "lin@example.com" });
    const handOver = await browser.submit(asked, "/passcode", { code: await guestpass.mail.code("lin@example.com") });
    const claims = (await guestpass.redeem(request, await browser.submit(handOver, "/session/end/confirm"))).claims() as oidc.IDToken;
    expect(claims.sub).not.to.equal(first.sub);
  });

  it("is asked for a code after the choice where prompt=login says so too, or a hint means somebody else", async () => {
    for (const params of [{ prompt: "select_account login" }, { prompt: "select_account", login_hint: "somebody@else.example" }]) {
      const page = await open(params);
      expect(await browser.submit(page, "/continue")).to.include(asks);
    }
  });

  it("chooses nothing with prompt=select_account in a browser without a session: a code answers it", async () => {
    browser = guestpass.browser();
    expect((await signIn({ prompt: "select_account" }, "ada@example.com")).claims()?.sub).to.equal(first.sub);
  });

  it("gives way to another guest who signs in with prompt=login", async () => {
    const request = await guestpass.authorizationRequest(application, { prompt: "login" });
    const handOver = await guestpass.signIn(browser, request, "grace@example.com");
    // Browsers hold the redirects that follow the form against it.
    expect(handOver.letsFormsLeadOn).to.equal(true);
    const answer = await browser.submit(handOver, "/session/end/confirm");
    const claims = (await guestpass.redeem(request, answer)).claims() as oidc.IDToken;
    expect(claims.sub).not.to.equal(first.sub);
    expect((await silently({ prompt: "none" })).sub).to.equal(claims.sub);
  });
});

describe("a browser without a session", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  it("gets login_required with prompt=none, with state and iss", async () => {
    const request = await guestpass.authorizationRequest(await guestpass.register("files"), { prompt: "none" });
    const answer = await guestpass.browser().open(request.url);
    expect(answer.query).to.include({ error: "login_required", state: request.state, iss: guestpass.issuer });
    expect(answer.query).not.to.have.property("code");
  });
});
