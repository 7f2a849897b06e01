// OpenID Connect Core 1.0, section 3.1.2.1: what an application may add to its request without getting an error for it, and
// the error that it must get for what is not supported (section 3.1.2.6).
import { expect } from "chai";
import { UnsecuredJWT } from "jose";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";

describe("an authorization request", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  const harmless: Record<string, Record<string, string>> = {
    "a parameter that nobody knows": { extra: "foobar", "weird[name]": "<b>" },
    "display=page": { display: "page" },
    "display=popup": { display: "popup" },
    "display=touch": { display: "touch" },
    "display=wap": { display: "wap" },
    "ui_locales of languages that there are no texts in": { ui_locales: "se zz-Latn-XX not/a/tag" },
    claims_locales: { claims_locales: "se fr" },
    "acr_values that a mailbox cannot give": { acr_values: "urn:mace:incommon:iap:silver phr" },
    "acr_values that it can": { acr_values: "urn:guestpass:acr:mailbox" },
    "a login_hint that is no address": { login_hint: '"><script>alert(1)</script>' },
    "a claims parameter that asks for nothing known": { claims: '{"userinfo":{"unknown":{"essential":true}}}' },
    "a target of some other standard": { audience: "https://api.example.com", kc_idp_hint: "github" },
  };

  for (const [what, params] of Object.entries(harmless)) {
    it(`with ${what} is a sign-in like any other`, async () => {
      const request = await guestpass.authorizationRequest(application, params);
      const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
      const claims = (await guestpass.redeem(request, answer)).claims();
      expect(claims?.["acr"]).to.equal("urn:guestpass:acr:mailbox");
    });
  }

  it("fills in the address of a login_hint, and lets the guest use another one", async () => {
    const request = await guestpass.authorizationRequest(application, { login_hint: "grace@example.com" });
    const page = await guestpass.browser().open(request.url);
    expect(page.document.querySelector("input[name=email]")?.getAttribute("value")).to.equal("grace@example.com");
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    expect(answer.query).to.include.keys("code");
  });

  async function refusal(params: Record<string, string>): Promise<Record<string, string>> {
    const request: AuthorizationRequest = await guestpass.authorizationRequest(application, params);
    const answer = await guestpass.browser().open(request.url);
    expect(answer.location.startsWith(`${redirectUri}?`)).to.equal(true);
    expect(answer.query).to.include({ state: request.state, iss: guestpass.issuer });
    return answer.query;
  }

  it("with a request object is refused as request_not_supported", async () => {
    const unsigned = new UnsecuredJWT({ client_id: "files", scope: "openid" }).setIssuer("files").setAudience(guestpass.issuer).encode();
    expect(await refusal({ request: unsigned })).to.include({ error: "request_not_supported" });
  });

  it("with a request object elsewhere is refused as request_uri_not_supported, and nobody fetches it", async () => {
    expect(await refusal({ request_uri: "https://app.example/request.jwt" })).to.include({ error: "request_uri_not_supported" });
  });

  it("with registration data is refused as registration_not_supported", async () => {
    expect(await refusal({ registration: "{}" })).to.include({ error: "registration_not_supported" });
  });

  it("with a prompt that is not supported is refused as invalid_request", async () => {
    for (const prompt of ["create", "none login", "none select_account"])
      expect(await refusal({ prompt })).to.include({ error: "invalid_request" });
  });

  it("that insists on an acr which a mailbox cannot give ends in an error, not in one code after another", async () => {
    for (const acr of [{ values: ["phr", "phrh"] }, { value: "phr" }]) {
      const claims = JSON.stringify({ id_token: { acr: { essential: true, ...acr } } });
      expect(await refusal({ claims })).to.include({ error: "unmet_authentication_requirements" });
    }
  });

  it("that insists on the acr of a mailbox gets it", async () => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ["phr", "urn:guestpass:acr:mailbox"] } } });
    const request = await guestpass.authorizationRequest(application, { claims });
    const tokens = await guestpass.redeem(request, await guestpass.signIn(guestpass.browser(), request, "ada@example.com"));
    expect(tokens.claims()?.["acr"]).to.equal("urn:guestpass:acr:mailbox");
  });
});
