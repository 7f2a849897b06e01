// OWASP ASVS 2.3.4: however often a browser asks for what its sign-in came to, there is one authorization code and one session.
import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { isActive } from "../../support/protocol.ts";

const times = 20;

describe("a proof leads to one session", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let browser: Browser;
  let request: AuthorizationRequest;
  let guests = 0;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  /** The right code was typed. @returns the redirect to oidc-provider, which nobody has followed */
  async function prove(asked: AuthorizationRequest, address = `guest${++guests}@example.com`): Promise<Answer> {
    browser = guestpass.browser();
    request = asked;
    const page = await guestpass.askForCode(browser, request, address);
    return browser.post(page, "/passcode", { code: await guestpass.mail.code(address) });
  }

  const stored = async (model: string) => {
    const rows: { count: unknown }[] = await guestpass.server.app.db("oidc_artifacts").where({ model }).count({ count: "*" });
    return Number(rows[0]?.count);
  };

  it(`of ${times} resumptions at the same moment, which all lead on; signing out ends it`, async () => {
    const before = { codes: await stored("AuthorizationCode"), sessions: await stored("Session"), grants: await stored("Grant") };
    const { location } = await prove(await guestpass.authorizationRequest(application));
    const cookie = await browser.jar.getCookieString(location);
    const answers = await Promise.all(Array.from({ length: times }, () => guestpass.browser({ cookie }).request(location)));
    const arrivals = new Set(answers.map((answer) => `${answer.status} ${answer.location}`));
    expect(arrivals.size, [...arrivals].join("\n")).to.equal(1);
    const sessions = answers.map((answer) => answer.headers.getSetCookie().find((each) => each.startsWith("guestpass_session=")));
    expect(new Set(sessions.map((each) => each?.split(";")[0])).size).to.equal(1);
    const after = { codes: await stored("AuthorizationCode"), sessions: await stored("Session"), grants: await stored("Grant") };
    expect(after).to.deep.equal({ codes: before.codes + 1, sessions: before.sessions + 1, grants: before.grants + 1 });

    const arrived = await browser.open(location);
    const tokens = await guestpass.redeem(request, arrived);
    const sub = tokens.claims()?.sub as string;
    expect(await guestpass.server.app.sessions.list(sub)).to.have.length(1);
    const question = await browser.open(`${guestpass.issuer}/session/end`);
    await browser.submit(question, "/session/end/confirm", { logout: "yes" });
    expect(await guestpass.server.app.sessions.list(sub)).to.deep.equal([]);
    expect(await isActive(guestpass, application, tokens.access_token)).to.equal(false);
    expect((await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url)).query["error"]).to.equal(
      "login_required",
    );
  });

  it("over two instances on one database too", async () => {
    const other = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer }, { on: guestpass });
    try {
      const { location } = await prove(await guestpass.authorizationRequest(application));
      const cookie = await browser.jar.getCookieString(location);
      const there = new URL(new URL(location).pathname, other.issuer).href;
      const answers = await Promise.all(
        Array.from({ length: times }, (_, index) => guestpass.browser({ cookie }).request(index % 2 === 0 ? location : there)),
      );
      const codes = answers.map(({ query }) => query["code"]);
      expect(new Set(codes).size, String(codes)).to.equal(1);
      const tokens = await guestpass.redeem(request, answers[1] as Answer);
      expect(await guestpass.server.app.sessions.list(tokens.claims()?.sub as string)).to.have.length(1);
    } finally {
      await other.server.close();
    }
  });

  it("an answer that is posted, a refusal and a consent are given again as they were", async () => {
    const posted = await prove(await guestpass.authorizationRequest(application, { response_mode: "form_post" }));
    const [first, again] = [await browser.request(posted.location), await browser.request(posted.location)];
    expect(first.document.querySelector("input[name=code]")?.getAttribute("value")).to.be.a("string");
    expect(again.body).to.equal(first.body);

    const asking = guestpass.browser();
    const page = await asking.open((await guestpass.authorizationRequest(application)).url);
    const cancelled = await asking.submit(page, "/cancel");
    expect([cancelled.query["error"], (await asking.submit(page, "/cancel")).location]).to.deep.equal([
      "access_denied",
      cancelled.location,
    ]);

    const board = await guestpass.register("board", { firstParty: false });
    const proven = await prove(await guestpass.authorizationRequest(board));
    const consent = await browser.follow(proven);
    const agreed = await Promise.all(Array.from({ length: 5 }, () => browser.submit(consent, "/consent")));
    expect(new Set(agreed.map(({ location }) => location)).size).to.equal(1);
    expect(new URL(agreed[0]?.location ?? "").origin).to.equal(appOrigin);
    await guestpass.redeem(request, agreed[0] as Answer);
  });

  it("a request that fails has used nothing up: the same address leads in later", async () => {
    const { location } = await prove(await guestpass.authorizationRequest(application));
    const { db } = guestpass.server.app;
    await db.schema.renameTable("mailboxes", "gone");
    const failed = await browser.request(location);
    await db.schema.renameTable("gone", "mailboxes");
    expect(failed.status).to.equal(500);
    expect((await guestpass.redeem(request, await browser.open(location))).claims()?.sub).to.be.a("string");
  });

  it("its result is given again for a minute, to its browser alone, and not once it was used", async () => {
    const { location } = await prove(await guestpass.authorizationRequest(application));
    const arrived = await browser.open(location);
    expect((await browser.open(location)).location).to.equal(arrived.location);
    expect((await guestpass.browser().open(location)).status).to.equal(400);
    await guestpass.redeem(request, arrived);
    expect((await browser.open(location)).status).to.equal(400);

    const unused = await prove(await guestpass.authorizationRequest(application));
    await browser.open(unused.location);
    guestpass.clock.advance({ seconds: 61 });
    expect((await browser.open(unused.location)).status).to.equal(400);
  });
});
