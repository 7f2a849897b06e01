import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect } from "chai";
import { decodeJwt } from "jose";
import type * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import type { RunningServer } from "../../../src/main.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { RelyingServer } from "../../support/relying-server.ts";
import { statementsOf } from "../../support/statements.ts";

const address = "ada@example.com";

describe("a request that loaded the session before something of it ended", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let wiki: RegisteredApplication;
  let browser: Browser;
  const told = { files: new RelyingServer(), wiki: new RelyingServer() };
  let invitations: string[];

  before(() => Promise.all([told.files.start(), told.wiki.start()]));
  after(() => Promise.all([told.files.stop(), told.wiki.stop()]));
  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" });
    guestpass.server.app.logouts.run(20);
    files = await guestpass.register("files", {
      admission: "invited",
      policy: { targetOrigins: [appOrigin] },
      metadata: { backchannel_logout_uri: told.files.url },
    });
    wiki = await guestpass.register("wiki", { metadata: { backchannel_logout_uri: told.wiki.url } });
    told.files.received.length = 0;
    invitations = [await invite("a"), await invite("b"), await invite("c")];
    browser = guestpass.browser();
  });
  afterEach(() => guestpass.stop());

  async function invite(path: string): Promise<string> {
    const body = { client_id: "files", email: address, target_url: `${appOrigin}/${path}`, send_mail: false };
    return (await guestpass.server.app.admin("createInvitation", { body })).body["id"] as string;
  }

  async function revokeOne({ app }: RunningServer = guestpass.server): Promise<void> {
    const { status } = await app.admin("revokeInvitation", { params: { id: invitations.pop() ?? "" } });
    expect(status).to.equal(200);
  }

  /** @returns who the guest is, and the sid that the application now knows the session by */
  async function enter(application: RegisteredApplication): Promise<oidc.IDToken> {
    const asked = await guestpass.authorizationRequest(application);
    const first = (await browser.jar.getCookies(guestpass.issuer)).length === 0;
    const answer = first ? await guestpass.signIn(browser, asked, address) : await browser.open(asked.url);
    return (await guestpass.redeem(asked, answer)).claims() as oidc.IDToken;
  }

  const sids = () => told.files.received.map(({ fields }) => decodeJwt(fields["logout_token"] as string)["sid"]);

  /** The guest leaves the wiki alone, or signs out, by a form that takes its time to arrive; meanwhile something happens. */
  async function whileLeavingTheWiki(happens: () => Promise<unknown>, fields: Record<string, string> = {}): Promise<void> {
    const page = await browser.open(`${guestpass.issuer}/session/end?client_id=wiki`);
    const action = `${guestpass.issuer}/session/end/confirm`;
    const xsrf = page.document.querySelector("input[name=xsrf]")?.getAttribute("value") ?? "";
    const body = new URLSearchParams({ xsrf, ...fields }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": body.length };
    // The session is read then, not remembered.
    guestpass.clock.advance({ seconds: 6 });
    const posted = request(action, { method: "POST", headers: { ...headers, cookie: await browser.jar.getCookieString(action) } });
    await statementsOf(async (soFar) => {
      posted.flushHeaders();
      await eventually("the session is loaded", () => soFar.some((sql) => sql.startsWith("SELECT a.payload")));
    });
    await guestpass.server.app.db.raw("SELECT 1");
    await happens();
    posted.end(body);
    const [answer] = (await once(posted, "response")) as [IncomingMessage];
    for (const set of answer.headers["set-cookie"] ?? []) await browser.jar.setCookie(set, action);
    expect(answer.resume().statusCode).to.equal(303);
  }

  it("does not bring it back: the application gets another sid, and is told of the next ending too", async () => {
    const first = (await enter(files))["sid"];
    await enter(wiki);
    await whileLeavingTheWiki(() => revokeOne());
    const second = (await enter(files))["sid"];
    expect(second).not.to.equal(first);
    await revokeOne();
    await eventually("two logouts", () => sids().length === 2);
    expect(sids(), "in whatever order").to.have.members([first, second]);
  });

  it("nor does one that remembers the session, which another process ended in part a moment ago", async () => {
    const first = (await enter(files))["sid"];
    const other = await Guestpass.start({}, { on: guestpass });
    await revokeOne(other.server);
    await other.server.close();
    const second = (await enter(files).catch(() => enter(files)))["sid"];
    expect(second).not.to.equal(first);
    await revokeOne();
    await eventually("two logouts", () => sids().length === 2);
    expect(sids(), "in whatever order").to.have.members([first, second]);
  });

  it("and other ones that enter other applications at the same time: each code is good, and each application is in the session", async () => {
    const { sub } = await enter(wiki);
    const tabs = await Promise.all(
      ["files", "one", "two", "three"].map(async (id) =>
        guestpass.authorizationRequest(id === "files" ? files : await guestpass.register(id)),
      ),
    );
    const answers = await Promise.all(tabs.map(({ url }) => browser.open(url)));
    for (const [index, tab] of tabs.entries()) await guestpass.redeem(tab, answers[index] as Answer);
    const [session] = await guestpass.server.app.sessions.list(sub);
    expect(session?.applications).to.have.members(["wiki", "files", "one", "two", "three"]);
  });

  it("leaves the browser the cookie of the session's new name, where the guest signed in anew meanwhile", async () => {
    const { sub } = await enter(wiki);
    const anew = async () => {
      const asked = await guestpass.authorizationRequest(wiki, { prompt: "login" });
      await guestpass.redeem(asked, await guestpass.signIn(browser, asked, address));
    };
    await whileLeavingTheWiki(anew);
    expect(await guestpass.server.app.sessions.list(sub)).to.have.length(1);
    const silent = await browser.open((await guestpass.authorizationRequest(wiki, { prompt: "none" })).url);
    expect(silent.query["error"]).to.equal(undefined);
  });

  it("ends what was entered meanwhile too, where it signs the guest out", async () => {
    const { sub } = await enter(wiki);
    told.wiki.received.length = 0;
    let sid: unknown;
    const entering = async () => {
      sid = (await enter(files))["sid"];
    };
    await whileLeavingTheWiki(entering, { logout: "yes" });
    await eventually("both are told", () => sids().length === 1 && told.wiki.received.length === 1);
    expect(sids()).to.deep.equal([sid]);
    expect(await guestpass.server.app.sessions.list(sub)).to.deep.equal([]);
    expect(await guestpass.server.app.db("oidc_artifacts").where({ model: "Grant" })).to.deep.equal([]);
  });

  it("does not bring back a session that an administrator ended", async () => {
    const { sub } = await enter(files);
    await enter(wiki);
    const { sessions } = guestpass.server.app;
    await whileLeavingTheWiki(() => sessions.endAllOf(sub, operator));
    expect(await sessions.list(sub)).to.deep.equal([]);
    expect((await browser.open((await guestpass.authorizationRequest(wiki, { prompt: "none" })).url)).query["error"]).to.equal(
      "login_required",
    );
  });
});
