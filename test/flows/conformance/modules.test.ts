// The modules of the OpenID Foundation's plans for an OpenID Provider (suite 5.2), by name, and the test of ours that asserts what each does.
// The tests of fapi2.test.ts are called as the modules are.
import { readFile } from "node:fs/promises";
import { expect } from "chai";

type Tests = Record<string, [file: string, title: string]>;

const basic: Tests = {
  "oidcc-server": ["code-flow", "signs the ID token with RS256 for an application that asks for nothing else"],
  "oidcc-idtoken-signature": ["code-flow", "signs the ID token with RS256 for an application that asks for nothing else"],
  "oidcc-response-type-missing": ["redirects", "carry an error for a missing response_type"],
  "oidcc-userinfo-get": ["userinfo", "answers GET and POST with JSON about the sub of the ID token"],
  "oidcc-userinfo-post-header": ["userinfo", "answers GET and POST with JSON about the sub of the ID token"],
  "oidcc-userinfo-post-body": ["userinfo", "takes the token from the body of a POST as well"],
  "oidcc-ensure-request-without-nonce-succeeds-for-code-flow": ["code-flow", "works without a nonce"],
  "oidcc-scope-profile": ["userinfo", "gives what each scope stands for"],
  "oidcc-scope-email": ["userinfo", "gives what each scope stands for"],
  "oidcc-scope-address": ["userinfo", "does not fail for claims that do not exist"],
  "oidcc-scope-phone": ["userinfo", "does not fail for claims that do not exist"],
  "oidcc-scope-all": ["userinfo", "gives what each scope stands for"],
  "oidcc-ensure-other-scope-order-succeeds": ["code-flow", "takes scopes in any order"],
  "oidcc-display-page": ["tolerance", "is a sign-in like any other"],
  "oidcc-display-popup": ["tolerance", "is a sign-in like any other"],
  "oidcc-prompt-login": ["prompt", "is asked again with prompt=login, and auth_time moves"],
  "oidcc-prompt-none-not-logged-in": ["prompt", "gets login_required with prompt=none, with state and iss"],
  "oidcc-prompt-none-logged-in": ["prompt", "sees nothing with prompt=none"],
  "oidcc-max-age-1": ["prompt", "is asked again when max_age has passed, and auth_time moves"],
  "oidcc-max-age-10000": ["prompt", "is asked nothing while max_age has not passed, and auth_time stays"],
  "oidcc-ensure-request-with-unknown-parameter-succeeds": ["tolerance", "is a sign-in like any other"],
  "oidcc-id-token-hint": ["prompt", "sees nothing with prompt=none and an id_token_hint of theirs"],
  "oidcc-login-hint": ["tolerance", "fills in the address of a login_hint"],
  "oidcc-ui-locales": ["tolerance", "is a sign-in like any other"],
  "oidcc-claims-locales": ["tolerance", "is a sign-in like any other"],
  "oidcc-ensure-request-with-acr-values-succeeds": ["tolerance", "is a sign-in like any other"],
  "oidcc-codereuse": ["code-flow", "refuses a code that comes again"],
  "oidcc-codereuse-30seconds": ["code-flow", "refuses a code that comes again half a minute later"],
  "oidcc-ensure-registered-redirect-uri": ["redirects", "never go to an unregistered URI with an error either"],
  "oidcc-ensure-post-request-succeeds": ["authorization-by-post", "is a sign-in like any other, and the next one is silent"],
  "oidcc-server-client-secret-post": ["client-authentication", "with its secret, in the header as well as in the form"],
  "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": [
    "tolerance",
    "with a request object elsewhere is refused as request_uri_not_supported",
  ],
  "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": [
    "tolerance",
    "with a request object is refused as request_not_supported",
  ],
  "oidcc-claims-essential": ["userinfo", "gives single claims that the claims parameter asks for"],
  "oidcc-ensure-request-object-with-redirect-uri": ["tolerance", "with a request object is refused as request_not_supported"],
  "oidcc-refresh-token": ["refresh", "gives new tokens about the same sign-in: sub, auth_time, iss and aud stay"],
  "oidcc-ensure-request-with-valid-pkce-succeeds": ["pkce", "still binds the code where that application uses it"],
  "oidcc-idtoken-unsigned": ["code-flow", "signs the ID token with RS256 for an application that asks for nothing else"],
};

const config: Tests = {
  "oidcc-discovery-endpoint-verification": ["discovery", "names exactly the issuer, and endpoints below it"],
};

const signedOut = "never redirects to an address that is not registered, or one with something added";
const badHint = "never redirects for an altered hint, an unsigned one, one that someone else signed, or no token at all";
const ownPage = "ends on a page of ours without a URI, and without any parameter";
const rpInitiatedLogout: Tests = {
  "oidcc-rp-initiated-logout-discovery-endpoint-verification": ["discovery", "tells what is on and what is off"],
  "oidcc-rp-initiated-logout": ["rp-initiated-logout", "with a hint and a registered URI goes back there with the state and nothing else"],
  "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": ["rp-initiated-logout", signedOut],
  "oidcc-rp-initiated-logout-modified-id-token-hint": ["rp-initiated-logout", badHint],
  "oidcc-rp-initiated-logout-no-id-token-hint": ["rp-initiated-logout", "came with a state and without a hint, and asks first"],
  "oidcc-rp-initiated-logout-no-params": ["rp-initiated-logout", ownPage],
  "oidcc-rp-initiated-logout-no-post-logout-redirect-uri": ["rp-initiated-logout", ownPage],
  "oidcc-rp-initiated-logout-no-state": ["rp-initiated-logout", "without a state goes back without one"],
  "oidcc-rp-initiated-logout-only-state": ["rp-initiated-logout", ownPage],
  "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": ["rp-initiated-logout", signedOut],
  "oidcc-rp-initiated-logout-bad-id-token-hint": ["rp-initiated-logout", badHint],
};

const backChannelLogout: Tests = {
  "oidcc-backchannel-logout-discovery-endpoint-verification": ["discovery", "tells what is on and what is off"],
  "oidcc-backchannel-rp-initiated-logout": ["back-channel-logout", "each application of the session gets one logout token about it"],
};

for (const [plan, modules] of Object.entries({
  basic,
  config,
  "RP-initiated logout": rpInitiatedLogout,
  "back-channel logout": backChannelLogout,
})) {
  describe(`the Foundation's plan for ${plan}`, () => {
    for (const [module, [file, title]] of Object.entries(modules)) {
      it(`${module} is asserted in ${file}.test.ts`, async () => {
        expect(await readFile(new URL(`${file}.test.ts`, import.meta.url), "utf8")).to.contain(title);
      });
    }
  });
}

/** Each with the prefix fapi2-security-profile-final-. */
const fapi2 = [
  "discovery-end-point-verification",
  "happy-flow",
  "user-rejects-authentication",
  "ensure-authorization-request-without-state-success",
  "ensure-authorization-request-without-nonce-success",
  "ensure-authorization-request-with-64-char-nonce-success",
  "ensure-other-scope-order-succeeds",
  "test-claims-parameter-identity-claims",
  "access-token-type-header-case-sensitivity",
  "check-dpop-proof-nbf-exp",
  "ensure-dpopproof-with-iat-10seconds-before-succeeds",
  "ensure-dpopproof-with-iat-10seconds-after-succeeds",
  "ensure-mismatched-dpop-jkt-fails",
  "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt",
  "ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
  "ensure-dpopproof-at-par-endpoint-binding-success",
  "ensure-dpop-auth-code-binding-success",
  "ensure-different-nonce-inside-and-outside-request-object",
  "ensure-different-state-inside-and-outside-request-object",
  "ensure-authorization-request-with-long-nonce",
  "ensure-authorization-request-with-long-state",
  "state-only-outside-request-object-not-used",
  "ensure-request-object-without-redirect-uri-fails",
  "ensure-registered-redirect-uri",
  "plain-fapi-tolerate-unregistered-redirect-uri",
  "ensure-unsigned-authorization-request-without-using-par-fails",
  "ensure-redirect-uri-in-authorization-request",
  "ensure-response-type-code-idtoken-fails",
  "ensure-response-type-token-fails",
  "ensure-client-id-in-token-endpoint",
  "ensure-holder-of-key-required",
  "ensure-authorization-code-is-bound-to-client",
  "attempt-reuse-authorization-code-after-one-second",
  "ensure-token-endpoint-fails-with-expired-auth-code",
  "ensure-signed-client-assertion-with-RS256-fails",
  "ensure-client-assertion-in-token-endpoint",
  "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails",
  "ensure-client-assertion-with-wrong-aud-fails",
  "ensure-client-assertion-with-no-sub-fails",
  "ensure-invalid-client-assertions-fail",
  "dpop-negative-tests",
  "refresh-token",
  "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",
  "par-attempt-reuse-request_uri",
  "par-attempt-to-use-expired-request_uri",
  "par-attempt-to-use-request_uri-for-different-client",
  "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted",
  "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails",
  "par-authorization-request-containing-request_uri-form-param",
  "par-attempt-invalid-http-method",
  "par-ensure-pkce-required",
  "ensure-pkce-code-verifier-required",
  "incorrect-pkce-code-verifier-rejected",
  "par-plain-pkce-rejected",
  "par-without-duplicate-parameters",
  "par-test-array-as-audience-fails",
  "par-test-par-endpoint-url-as-audience-fails",
  "par-test-token-endpoint-url-as-audience-fails",
];

describe("the Foundation's plan for FAPI 2.0", () => {
  for (const module of fapi2) {
    it(`${module} has a test of that name`, async () => {
      const text = await readFile(new URL("fapi2.test.ts", import.meta.url), "utf8");
      expect(text).to.match(new RegExp(`(\\[|it\\(|\\n    |and )"?${module}("|,| and )`));
    });
  }
});
