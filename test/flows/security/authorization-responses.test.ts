// RFC 9207 (iss), RFC 9700: 4.4 (mix-up), 4.12 (307), 2.6 (CORS).
import { expect } from "chai";
import { Browser } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { codeFor } from "../../support/protocol.ts";

describe("an authorization response", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  /** The parameters of a response, wherever its mode puts them. */
  const responseOf = (answer: Awaited<ReturnType<Browser["open"]>>): Record<string, string> => {
    if (answer.isRedirect) return Object.fromEntries(new URLSearchParams(answer.location.split(/[?#]/)[1]));
    const inputs = answer.document.querySelectorAll("form input[type=hidden]");
    return Object.fromEntries(inputs.map((input) => [input.getAttribute("name") ?? "", input.getAttribute("value") ?? ""]));
  };

  for (const mode of ["query", "fragment", "form_post"]) {
    it(`names its issuer when it carries a code (${mode})`, async () => {
      const request = await guestpass.authorizationRequest(application, { response_mode: mode });
      const response = responseOf(await guestpass.signIn(guestpass.browser(), request, "ada@example.com"));
      expect(response).to.include({ iss: guestpass.issuer, state: request.state }).and.to.have.property("code");
    });

    it(`names its issuer when it carries an error (${mode})`, async () => {
      const errors: Record<string, Record<string, string>> = {
        login_required: { prompt: "none" },
        invalid_request: { prompt: "none login" },
        unsupported_response_type: { response_type: "none" },
        invalid_scope: { scope: "openid admin\u0001" },
        request_not_supported: { request: "e30.e30." },
        invalid_target: { resource: "https://api.example" },
      };
      for (const [error, params] of Object.entries(errors)) {
        const request = await guestpass.authorizationRequest(application, { response_mode: mode, ...params });
        const response = responseOf(await guestpass.browser().request(request.url));
        expect(response, error).to.include({ iss: guestpass.issuer, state: request.state });
        expect(response["error"], JSON.stringify(response)).to.equal(error);
        expect(response, error).not.to.have.property("code");
      }
    });
  }

  it("names it too when the guest turned back", async () => {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const answer = await browser.submit(await browser.open(request.url), "/cancel");
    expect(answer.query).to.include({ error: "access_denied", iss: guestpass.issuer, state: request.state });
  });

  it("is announced in the discovery document, so that an application can insist on it", async () => {
    const discovery = await fetch(`${guestpass.issuer}/.well-known/openid-configuration`);
    expect(await discovery.json()).to.include({ authorization_response_iss_parameter_supported: true, issuer: guestpass.issuer });
  });

  it("never makes the browser post a form again: every redirect of a sign-in is 303", async () => {
    const statuses: number[] = [];
    const watched: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (response.headers.has("location")) statuses.push(response.status);
      return response;
    };
    const browser = new Browser({ stopAt: [appOrigin], via: watched });
    const thirdParty = await guestpass.register("third-party", { firstParty: false });
    const consent = await guestpass.signIn(browser, await guestpass.authorizationRequest(thirdParty), "bob@example.com");
    await browser.submit(consent, "/consent");
    const asked = await browser.open(`${guestpass.issuer}/session/end`);
    await browser.submit(asked, "/session/end/confirm", { logout: "yes" });
    expect(statuses).to.have.length.of.at.least(7);
    expect(new Set(statuses)).to.deep.equal(new Set([303]));
  });

  it("cannot be read by another site's script, not even the application's own", async () => {
    const { browser, request } = await codeFor(guestpass, application);
    for (const origin of [appOrigin, "http://evil.example", "null", guestpass.issuer]) {
      const paths = [
        request.url,
        `${guestpass.issuer}/auth/none`,
        `${guestpass.issuer}/interaction/none`,
        `${guestpass.issuer}/session/end`,
      ];
      for (const url of paths) {
        for (const method of ["GET", "OPTIONS"]) {
          const headers = { origin, "access-control-request-method": "GET" };
          const answer = await browser.request(url, { method, headers });
          const cors = [...answer.headers.keys()].filter((name) => name.startsWith("access-control-"));
          expect(cors, `${method} ${url} ${origin}`).to.deep.equal([]);
        }
      }
    }
  });

  it("leaves nothing in a cache and no referrer", async () => {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const answer = await guestpass.signIn(browser, request, "carol@example.com");
    expect(answer.headers.get("cache-control")).to.equal("no-store");
    expect(answer.headers.get("referrer-policy")).to.equal("no-referrer");
  });
});
