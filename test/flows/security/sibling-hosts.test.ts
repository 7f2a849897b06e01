// Another host of the domain can set every cookie that has no __Host- prefix, with any path, and have it come first. OWASP ASVS 6.6.2: the
// sign-in stays with the browser that began it.
import { expect } from "chai";
import { type Answer, Browser } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";
import { throughProxy } from "../../support/tls-proxy.ts";

const issuer = "https://idp.corp.example";

describe("another host of the same domain", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let attacker: Browser;
  let victim: Browser;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ISSUER: issuer, GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" });
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  beforeEach(() => {
    attacker = browser();
    victim = browser();
  });

  const browser = () => new Browser({ stopAt: [appOrigin], via: throughProxy(issuer, guestpass.issuer) });
  const begin = (who: Browser, clientId = application.clientId) => {
    const pkce = { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };
    const query = { client_id: clientId, response_type: "code", redirect_uri: redirectUri, scope: "openid email", ...pkce };
    return who.open(`${issuer}/auth?${new URLSearchParams(query)}`);
  };
  const resumeOf = (page: Answer) => page.url.replace("/interaction/", "/auth/");
  /** What the browser keeps of the other's sign-in, all but what no sibling could set. */
  const cookiesOf = async (who: Browser, page: Answer) => {
    const all = [...(await who.jar.getCookies(page.url)), ...(await who.jar.getCookies(resumeOf(page)))];
    return all.filter(({ key }) => !key.startsWith("__Host-"));
  };
  /** Has the browser send these as well, before its own and after them. */
  const toss = async (who: Browser, pairs: string[], at: string) => {
    const own = await who.jar.getCookieString(at);
    return { cookie: [...pairs, own, ...pairs].filter(Boolean).join("; ") };
  };
  const proveMailbox = async (who: Browser, page: Answer, address: string) => {
    const before = guestpass.mail.to(address).length;
    const asked = await who.submit(page, "/email", { email: address });
    return who.submit(asked, "/passcode", { code: await guestpass.mail.code(address, before + 1) });
  };
  const isElsewhere = (answer: Answer) => {
    expect(answer.status).to.equal(400);
    expect(answer.title).to.be.oneOf(["You are one step away", "This sign-in is over", "Your browser did not keep a cookie"]);
  };

  it("leads nobody into a sign-in that it began: not to its pages, its news, its forms nor its end", async () => {
    const page = await begin(attacker);
    const planted = (await cookiesOf(attacker, page)).map(({ key, value }) => `${key}=${value}`);
    expect(planted).to.have.length.greaterThan(1);
    await begin(victim);
    const token = page.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    for (const who of [victim, browser()]) {
      for (const path of ["", "/email", "/delivery"]) {
        isElsewhere(await who.request(page.url + path, { headers: await toss(who, planted, page.url) }));
      }
      for (const step of ["email", "confirm", "passcode", "resend", "consent", "cancel", "start-again"]) {
        const body = new URLSearchParams({ token, email: "victim@example.com", code: "000000" });
        isElsewhere(await who.request(`${page.url}/${step}`, { method: "POST", body, headers: await toss(who, planted, page.url) }));
      }
      isElsewhere(await who.request(resumeOf(page), { headers: await toss(who, planted, resumeOf(page)) }));
    }
    expect(guestpass.mail.to("victim@example.com")).to.deep.equal([]);
  });

  it("does not sign somebody in as itself: what it has finished ends in its own browser alone", async () => {
    const page = await begin(attacker);
    const planted = (await cookiesOf(attacker, page)).map(({ key, value }) => `${key}=${value}`);
    const address = "attacker@example.com";
    const asked = await attacker.submit(page, "/email", { email: address });
    const finished = await attacker.post(asked, "/passcode", { code: await guestpass.mail.code(address) });
    isElsewhere(await victim.request(finished.location, { headers: await toss(victim, planted, finished.location) }));
    expect((await attacker.follow(finished)).query).to.have.property("code");
    isElsewhere(await victim.request(finished.location, { headers: await toss(victim, planted, finished.location) }));
  });

  it("does not go on where somebody else has proven a mailbox, with whatever it knows of that sign-in but the browser's secret", async () => {
    const page = await begin(victim);
    const known = (await cookiesOf(victim, page)).map(({ key, value }) => `${key}=${value}`);
    const address = "proven@example.com";
    const asked = await victim.submit(page, "/email", { email: address });
    const finished = await victim.post(asked, "/passcode", { code: await guestpass.mail.code(address) });
    await begin(attacker);
    isElsewhere(await attacker.request(finished.location, { headers: await toss(attacker, known, finished.location) }));
    expect((await victim.follow(finished)).query).to.have.property("code");
  });

  it("neither takes the place of the browser's cookie nor hides it, under names that it may use", async () => {
    const theirs = await begin(attacker);
    const [own] = (await attacker.jar.getCookies(issuer)).filter(({ key }) => key.startsWith("__Host-guestpass_browser."));
    const { key: name = "", value: secret = "" } = own ?? {};
    expect(secret).to.match(/^[\w-]{43}$/);
    const bare = name.replace("__Host-", "");
    const planted = [
      `${bare}=${secret}`,
      `__Secure-${bare}=${secret}`,
      `x${name}=${secret}`,
      `\u00a0${name}=${secret}`,
      `\t${name}=${secret}`,
      `__host-${bare}=${secret}`,
      `__Host-guestpass_browser=${secret}`,
      `${name}`,
      `x="; ${bare}=${secret}; y="`,
      `__Secure-guestpass_interaction=junk`,
      `__Secure-guestpass_resume=junk`,
    ];
    isElsewhere(await victim.request(theirs.url, { headers: await toss(victim, planted, theirs.url) }));
    const page = await begin(victim);
    const headers = async (url: string) => toss(victim, planted, url);
    expect((await victim.request(page.url, { headers: await headers(page.url) })).status).to.equal(200);
    const address = "unmoved@example.com";
    const asked = await victim.submit(page, "/email", { email: address });
    const finished = await victim.post(asked, "/passcode", { code: await guestpass.mail.code(address) });
    const arrived = await victim.request(finished.location, { headers: await headers(finished.location) });
    expect(arrived.query).to.have.property("code");
  });

  it("cannot join one of several sign-ins of one browser, which go on side by side", async () => {
    const other = await guestpass.register("board");
    const pages = [await begin(victim), await begin(victim, other.clientId), await begin(victim)];
    for (const page of pages.toReversed()) expect((await proveMailbox(victim, page, "beside@example.com")).query).to.have.property("code");
  });

  it("and two that were opened at the same moment, when the browser had no cookie yet, do so too", async () => {
    const pages = await Promise.all([begin(victim), begin(victim)]);
    for (const page of pages) expect((await proveMailbox(victim, page, "at-once@example.com")).query).to.have.property("code");
  });
});
