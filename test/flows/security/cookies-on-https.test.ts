// RFC 6265bis, 4.1.3 (cookie name prefixes) and RFC 6797 (HSTS), behind a proxy that terminates TLS.
import { expect } from "chai";
import { Browser } from "../../support/browser.ts";
import { appOrigin, Guestpass } from "../../support/guestpass.ts";
import { throughProxy } from "../../support/tls-proxy.ts";

const issuer = "https://idp.example";

describe("behind a proxy that terminates TLS", () => {
  let guestpass: Guestpass;
  let setCookies: string[];
  let headers: Headers[];

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ISSUER: issuer, GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" });
    const via = throughProxy(issuer, guestpass.issuer);
    setCookies = [];
    headers = [];
    const watched: typeof fetch = async (input, init) => {
      const response = await via(input, init);
      setCookies.push(...response.headers.getSetCookie());
      headers.push(response.headers);
      return response;
    };
    await guestpass.register("files");
    const browser = new Browser({ stopAt: [appOrigin], via: watched });
    const query = new URLSearchParams({
      client_id: "files",
      response_type: "code",
      redirect_uri: `${appOrigin}/callback`,
      scope: "openid",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    const email = await browser.open(`${issuer}/auth?${query}`);
    const passcode = await browser.submit(email, "/email", { email: "ada@example.com" });
    const answer = await browser.submit(passcode, "/passcode", { code: await guestpass.mail.code("ada@example.com") });
    if (!answer.query["code"]) throw new Error(`no code but ${answer.location}`);
  });
  after(() => guestpass.stop());

  const named = (name: string) => setCookies.filter((cookie) => cookie.startsWith(`${name}=`) || cookie.startsWith(`${name}.sig=`));

  it("every cookie is Secure and HttpOnly, and no cookie names a domain", () => {
    expect(setCookies).to.have.length.greaterThan(5);
    for (const cookie of setCookies) {
      expect(cookie)
        .to.match(/; secure/i)
        .and.to.match(/; httponly/i);
      expect(cookie).not.to.match(/; domain/i);
    }
  });

  it("the session has the __Host- prefix, so that no other host and no path can plant it", () => {
    const session = named("__Host-guestpass_session");
    expect(session).to.have.length.greaterThan(1);
    for (const cookie of session)
      expect(cookie)
        .to.match(/; path=\/;/i)
        .and.to.match(/; samesite=none/i);
  });

  it("the one that a sign-in is bound to has the prefix too, and lasts as long as a sign-in", () => {
    const browser = setCookies.filter((cookie) => cookie.startsWith("__Host-guestpass_browser."));
    expect(browser).to.have.length.greaterThan(0);
    for (const cookie of browser)
      expect(cookie)
        .to.match(/; path=\/;/i)
        .and.to.match(/; samesite=none/i)
        .and.to.match(/; expires=/i);
  });

  it("the one by which it is known for an address has the prefix, too, and is sent with nothing that another site posts", () => {
    const known = named("__Host-guestpass_known");
    expect(known).to.have.length(1);
    for (const cookie of known)
      expect(cookie)
        .to.match(/; path=\/;/i)
        .and.to.match(/; samesite=lax/i)
        .and.not.to.contain("ada");
  });

  it("the one by which it offers the address again has the prefix, too, and shows nobody the address", () => {
    const address = named("__Host-guestpass_address");
    expect(address).to.have.length(1);
    for (const cookie of address)
      expect(cookie)
        .to.match(/; path=\/;/i)
        .and.to.match(/; samesite=lax/i)
        .and.not.to.contain("ada")
        .and.not.to.contain(Buffer.from("ada@").toString("base64url").slice(0, 4));
  });

  it("oidc-provider's own have the __Secure- prefix, their own path, and do not come from other sites", () => {
    for (const name of ["__Secure-guestpass_interaction", "__Secure-guestpass_resume"]) {
      expect(named(name), name).to.have.length.greaterThan(0);
      for (const cookie of named(name))
        expect(cookie)
          .to.match(/; path=\/(interaction|auth)\/[\w-]{43};/i)
          .and.to.match(/; samesite=lax/i);
    }
  });

  it("there is no other cookie", () => {
    const names = new Set(setCookies.map((cookie) => cookie.split("=")[0]?.replace(/\.\w+$/, "")));
    expect([...names]).to.have.members([
      "__Host-guestpass_address",
      "__Host-guestpass_browser",
      "__Host-guestpass_known",
      "__Host-guestpass_session",
      "__Secure-guestpass_interaction",
      "__Secure-guestpass_resume",
    ]);
  });

  it("every answer tells the browser to come by https alone", () => {
    for (const each of headers) expect(each.get("strict-transport-security")).to.equal("max-age=63072000");
  });
});
