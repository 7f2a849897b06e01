// OAuth 2.0 Form Post Response Mode: the answer comes to the application in the body of a POST.
import { createHash } from "node:crypto";
import { expect } from "chai";
import * as oidc from "openid-client";
import type { Answer } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication, redirectUri } from "../../support/guestpass.ts";

describe("response_mode=form_post", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  /** What the page sends to the application. */
  function posted(page: Answer): URLSearchParams {
    const form = page.document.querySelector("form");
    expect(form?.getAttribute("action")).to.equal(redirectUri);
    expect(form?.getAttribute("method")).to.equal("post");
    const inputs = form?.querySelectorAll("input") ?? [];
    return new URLSearchParams(
      inputs.map((input): [string, string] => [input.getAttribute("name") ?? "", input.getAttribute("value") ?? ""]),
    );
  }

  it("carries code, state and iss, and openid-client redeems it", async () => {
    const request = await guestpass.authorizationRequest(application, { response_mode: "form_post" });
    const page = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    expect(page.status).to.equal(200);
    const body = posted(page);
    expect([...body.keys()]).to.have.members(["code", "state", "iss"]);
    const received = new Request(redirectUri, { method: "POST", body });
    const checks = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce as string };
    const tokens = await oidc.authorizationCodeGrant(request.config, received, checks);
    expect(tokens.claims()?.aud).to.equal("files");
  });

  it("is let through by the page's own content security policy, with JavaScript and without", async () => {
    const request = await guestpass.authorizationRequest(application, { response_mode: "form_post" });
    const page = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    const policy = page.headers.get("content-security-policy") ?? "";
    const script = page.document.querySelector("script")?.rawText ?? "";
    expect(script).to.match(/submit\(\)/);
    expect(policy).to.include(`'sha256-${createHash("sha256").update(script).digest("base64")}'`);
    expect(page.letsFormsLeadOn).to.equal(true);
    expect(page.document.querySelector("noscript")?.innerHTML).to.match(/<button[^>]* type="submit"/);
  });

  it("carries errors as well", async () => {
    const request = await guestpass.authorizationRequest(application, { response_mode: "form_post", prompt: "none" });
    const body = Object.fromEntries(posted(await guestpass.browser().open(request.url)));
    expect(body).to.include({ error: "login_required", state: request.state, iss: guestpass.issuer });
  });

  it("does not let a state break out of the page", async () => {
    const state = '"/><script>alert(1)</script>';
    const request = await guestpass.authorizationRequest(application, { response_mode: "form_post", prompt: "none", state });
    const page = await guestpass.browser().open(request.url);
    expect(posted(page).get("state")).to.equal(state);
    expect(page.body).not.to.include("<script>alert");
  });
});
