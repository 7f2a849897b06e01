// OWASP ASVS 3.4: the headers of every answer, whatever it is an answer to.
import { createHash } from "node:crypto";
import { expect } from "chai";
import { parse } from "node-html-parser";
import { assets } from "../../../src/http/assets.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { endpoints, signedIn } from "../../support/protocol.ts";

interface Seen {
  path: string;
  status: number;
  headers: Headers;
  body: string;
}

describe("every answer", () => {
  let guestpass: Guestpass;
  const answers = new Map<string, Seen>();

  const see = async (what: string, url: string, init: RequestInit = {}) => {
    const response = await fetch(url, { redirect: "manual", ...init });
    answers.set(what, { path: new URL(url).pathname, status: response.status, headers: response.headers, body: await response.text() });
  };

  before(async () => {
    guestpass = await Guestpass.start();
    const { issuer } = guestpass;
    const application = await guestpass.register("files");
    const thirdParty = await guestpass.register("third-party", { firstParty: false });
    const html = { accept: "text/html" };
    const json = { accept: "application/json" };
    const paths = [
      "/nowhere",
      "/auth",
      "/auth/none",
      endpoints.userinfo,
      endpoints.endSession,
      "/session/end/success",
      "/interaction/none",
    ];
    const documents = [
      "/.well-known/openid-configuration",
      "/.well-known/oauth-authorization-server",
      endpoints.jwks,
      "/healthz",
      "/readyz",
    ];
    for (const path of [...paths, ...documents]) {
      await see(`GET ${path} (html)`, issuer + path, { headers: html });
      await see(`GET ${path} (json)`, issuer + path, { headers: json });
      await see(`HEAD ${path}`, issuer + path, { method: "HEAD" });
    }
    for (const path of [endpoints.token, endpoints.introspection, endpoints.revocation, endpoints.pushed, "/session/end/confirm"]) {
      await see(`POST ${path}`, issuer + path, { method: "POST", headers: json });
      await see(`OPTIONS ${path}`, issuer + path, {
        method: "OPTIONS",
        headers: { origin: "https://app.example", "access-control-request-method": "POST" },
      });
    }
    for (const { path } of Object.values(assets)) await see(`GET ${path}`, issuer + path);

    const request = await guestpass.authorizationRequest(application);
    await see("the authorization redirect", request.url, { headers: html });
    const browser = guestpass.browser();
    const screen = async (what: string, url: string, init: RequestInit = {}) =>
      see(what, url, { ...init, headers: { ...html, cookie: await browser.jar.getCookieString(url) } });
    const email = await browser.open(request.url);
    await screen("the email screen", email.url);
    const passcode = await browser.submit(email, "/email", { email: "ada@example.com" });
    await screen("the passcode screen", passcode.url);
    const token = new URLSearchParams({ token: passcode.document.querySelector("input[name=token]")?.getAttribute("value") ?? "" });
    await screen("a wrong code", `${passcode.url}/passcode`, { method: "POST", body: `${token}&code=000000`, headers: {} });
    await screen("a forged form", `${passcode.url}/passcode`, { method: "POST", body: new URLSearchParams({ code: "000000" }) });
    await screen("asking again", `${passcode.url}/resend`, { method: "POST", body: token });
    await screen("too large a form", `${passcode.url}/email`, { method: "POST", body: new URLSearchParams({ email: "a".repeat(70_000) }) });
    await screen("turning back", `${passcode.url}/cancel`, { method: "POST", body: token });
    const session = await signedIn(guestpass, application, { address: "bob@example.com" });
    const consent = await session.browser.open((await guestpass.authorizationRequest(thirdParty)).url);
    const cookie = await session.browser.jar.getCookieString(consent.url);
    await see("the consent screen", consent.url, { headers: { ...html, cookie } });
    await see("the sign-out screen", issuer + endpoints.endSession, { headers: { ...html, cookie } });
    await see("userinfo", issuer + endpoints.userinfo, { headers: { authorization: `Bearer ${session.accessToken}` } });
    const formPost = await guestpass.authorizationRequest(application, { response_mode: "form_post" });
    await see("a form_post response", formPost.url, { headers: { ...html, cookie } });
    await see("the redirect with the code", (await guestpass.authorizationRequest(application)).url, { headers: { ...html, cookie } });
  });
  after(() => guestpass.stop());

  const policyOf = ({ headers }: Seen): Record<string, string[]> =>
    Object.fromEntries(
      (headers.get("content-security-policy") ?? "")
        .split(";")
        .map((directive) => [directive.split(" ")[0], directive.split(" ").slice(1)]),
    );

  /** Pages of a sign-in and a sign-out end at an address that only the application knows, and may be a pop-up of it. */
  const leadsOn = ({ path }: Seen) => ["auth", "interaction", "session"].includes(path.split("/")[1] ?? "");

  it("was looked at", () => {
    expect(answers.size).to.be.greaterThan(60);
    for (const [what, { status }] of answers) expect(status, what).to.be.lessThan(500);
    const statuses = new Set([...answers.values()].map(({ status }) => status));
    expect([...statuses]).to.include.members([200, 204, 303, 400, 401, 403, 404, 413]);
    expect(answers.get("the consent screen")?.body).to.contain("asks to know who you are");
    expect(answers.get("the redirect with the code")?.headers.get("location")).to.contain("code=");
  });

  it("has a content security policy without anything inline", () => {
    for (const [what, seen] of answers) {
      const policy = policyOf(seen);
      expect(policy, what).to.deep.include({
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
      });
      expect(
        policy["script-src"]?.filter((source) => !source.startsWith("'sha256-")),
        what,
      ).to.deep.equal(["'self'"]);
      expect(policy["form-action"], what).to.deep.equal(leadsOn(seen) ? undefined : ["'self'"]);
    }
  });

  it("has no script and no style in the page; the one that submits a form_post is named by its hash", () => {
    for (const [what, seen] of answers) {
      if (what.startsWith("HEAD ")) continue;
      const page = parse(seen.body);
      const inline = page.querySelectorAll("script").filter((script) => !script.hasAttribute("src"));
      const hashes = inline.map(({ text }) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
      expect(policyOf(seen)["script-src"], what).to.deep.equal(["'self'", ...hashes]);
      expect(page.querySelector("style, [style], [onclick], [onload], [onsubmit], base"), what).to.equal(null);
    }
  });

  it("cannot be framed, guessed at or traced", () => {
    for (const [what, seen] of answers) {
      const { headers } = seen;
      expect(headers.get("x-frame-options"), what).to.equal("DENY");
      expect(headers.get("x-content-type-options"), what).to.equal("nosniff");
      expect(headers.get("referrer-policy"), what).to.equal("no-referrer");
      expect(headers.get("cross-origin-opener-policy"), what).to.equal(leadsOn(seen) ? null : "same-origin");
      for (const name of ["server", "x-powered-by", "x-response-time", "via"]) expect(headers.get(name), `${what} ${name}`).to.equal(null);
    }
  });

  it("stays in no cache, the style sheet, scripts and icon apart", () => {
    for (const [what, { headers }] of answers) {
      const cached =
        what.includes(endpoints.jwks) ||
        what.includes("/.well-known/openid-configuration") ||
        Object.values(assets).some(({ path }) => what.endsWith(path));
      expect(headers.get("cache-control"), what).to.match(cached ? /^public, max-age=\d+/ : /^no-store$/);
    }
  });

  it("does not promise https where the issuer is not", () => {
    for (const [what, { headers }] of answers) expect(headers.get("strict-transport-security"), what).to.equal(null);
  });
});

describe("an error page about a redirect URI that was made up", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
    await guestpass.register("files");
  });
  after(() => guestpass.stop());

  it("takes no directive from it", async () => {
    for (const host of ["a;sandbox", "a;script-src", "a,default-src", "a'unsafe-inline'"]) {
      const query = new URLSearchParams({ client_id: "files", response_type: "code", scope: "openid", redirect_uri: `http://${host}/` });
      const { headers } = await fetch(`${guestpass.issuer}/auth?${query}`);
      const policy = headers.get("content-security-policy") as string;
      const directives = policy.split(/[;,]/).map((directive) => directive.split(" ")[0]);
      expect(directives, host).to.have.lengthOf(new Set(directives).size);
      expect(policy, host).not.to.match(/sandbox|unsafe/);
    }
  });
});
