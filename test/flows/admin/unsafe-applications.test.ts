// RFC 9700, 2.6, RFC 8252, 7, RFC 8707, 2: what an application is not registered with, by the API and by the command line alike.
import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Cli } from "../../support/cli.ts";
import { Guestpass, redirectUri } from "../../support/guestpass.ts";

describe("an application that would not be safe", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let admin: AdminApi;

  before(async () => {
    guestpass = await Guestpass.start();
    ({ admin } = await startWithAdmin(guestpass));
  });
  after(() => guestpass.stop());

  const register = (change: object) => admin.post("/applications", { name: "Acme Files", redirect_uris: [redirectUri], ...change });

  const native = { application_type: "native", token_endpoint_auth_method: "none" };
  const keyed = { token_endpoint_auth_method: "private_key_jwt" };
  const open = { token_endpoint_auth_method: "none" };
  const refused: [what: string, change: object, why: RegExp][] = [
    [
      "codes in the clear",
      { redirect_uris: ["http://files.example.com/cb"] },
      /redirect_uris must begin with https:.*files\.example\.com can be read/,
    ],
    ["codes in the clear to one of many", { redirect_uris: [redirectUri, "http://10.0.0.5/cb"] }, /redirect_uris must begin with https:/],
    [
      "a host that only looks like loopback",
      { redirect_uris: ["http://localhost.example.com/cb"] },
      /redirect_uris must begin with https:/,
    ],
    ["a native one's too", { ...native, redirect_uris: ["http://files.example.com/cb"] }, /redirect_uris must begin with https:/],
    [
      "states in the clear",
      { post_logout_redirect_uris: ["http://files.example.com/"] },
      /post_logout_redirect_uris must begin with https:/,
    ],
    ["addresses in the clear", { initiate_login_uri: "http://files.example.com/start" }, /initiate_login_uri must begin with https:/],
    [
      "keys in the clear",
      { ...keyed, jwks_uri: "http://files.example.com/jwks" },
      /jwks_uri must begin with https:.*can be read and changed on the way/,
    ],
    ["keys in the clear from a public address", { ...keyed, jwks_uri: "http://8.8.8.8/jwks" }, /jwks_uri must begin with https:/],
    ["a public one's logout tokens", { ...open, backchannel_logout_uri: "http://files.internal/out" }, /backchannel_logout_uri must begin/],
    ["a wildcard for a host", { redirect_uris: ["https://*.example.com/cb"] }, /redirect_uris must be given in full/],
    ["a wildcard for a path", { redirect_uris: ["https://files.example.com/*"] }, /redirect_uris must be given in full/],
    [
      "a password in a URI",
      { redirect_uris: ["https://ada:hunter2@files.example.com/cb"] },
      /redirect_uris must not contain a user or password/,
    ],
    ["a user in a URI", { backchannel_logout_uri: "https://ada@files.example.com/out" }, /backchannel_logout_uri must not contain a user/],
    [
      "a URI that parsers read otherwise than it stands there",
      { redirect_uris: ["https://files.example.com\\@evil.example/cb"] },
      /redirect_uris must not contain white space, control characters or backslashes/,
    ],
    ["a URI of two lines", { redirect_uris: [`${redirectUri}\r\nX: y`] }, /redirect_uris must not contain white space/],
    ["white space in a URI", { post_logout_redirect_uris: ["https://files.example.com/signed out"] }, /must not contain white space/],
    ["a fragment", { redirect_uris: ["https://files.example.com/#cb"] }, /redirect_uris must not contain fragments/],
    ["a fragment for logout tokens", { backchannel_logout_uri: "https://files.example.com/#out" }, /must not have a fragment/],
    ["a script", { ...native, redirect_uris: ["javascript:alert(1)"] }, /redirect_uris must not use the javascript URI scheme/],
    [
      "an API's scope that is about the guest",
      { resources: { "https://api.example.com": "files:read email" } },
      /^email is a scope about the guest/,
    ],
    ["a scope that is not valid", { resources: { "https://api.example.com": 'files:"read"' } }, /cannot be a scope/],
    ["a resource with a fragment", { resources: { "https://api.example.com/#v1": "files:read" } }, /must not have a fragment/],
    ["domains without any", { admission: "domains" }, /^Admission by domains needs a list of domains: .*--allow-domain/],
    ["a public one without a redirect URI", { ...open, redirect_uris: [] }, /^A public client .* give it a redirect URI/],
  ];
  for (const [what, change, why] of refused) {
    it(`is not registered: ${what}`, async () => {
      const { status, body } = await register(change);
      expect([status, body["title"]], JSON.stringify(body)).to.deep.equal([422, "Cannot be registered"]);
      expect(body["detail"]).to.match(why).and.to.not.contain("hunter2");
    });
  }

  it("does not become so by a change", async () => {
    const { body } = await register({ admission: "domains", allow_domains: ["example.com"] });
    const path = `/applications/${body["client_id"]}`;
    for (const change of [
      { redirect_uris: ["http://files.example.com/cb"] },
      { allow_domains: [] },
      { resources: { "urn:api": "openid" } },
    ])
      expect((await admin.patch(path, change)).status, JSON.stringify(change)).to.equal(422);
    expect((await admin.get(path)).body).to.deep.include({ redirect_uris: [redirectUri], allow_domains: ["example.com"], resources: {} });
  });

  const taken: [what: string, change: object][] = [
    ["an application under development", { redirect_uris: ["http://localhost:4000/cb", "http://127.0.0.1/cb", "http://[::1]:4000/cb"] }],
    ["a native one on loopback", { ...native, redirect_uris: ["http://127.0.0.1/cb", "http://[::1]/cb"] }],
    ["a native one with a scheme of its own", { ...native, redirect_uris: ["com.example.files:/cb"] }],
    [
      "logout tokens in the clear to a confidential one, within a network of one's own",
      { backchannel_logout_uri: "http://files.internal:8080/out" },
    ],
    ["an API, which guests never sign in to", { redirect_uris: [], resources: { "https://api.example.com": "files:read files:write" } }],
  ];
  for (const [what, change] of taken) {
    it(`is not ${what}`, async () => {
      const { status, body } = await register(change);
      expect(status, JSON.stringify(body)).to.equal(201);
    });
  }

  it("is refused in one line at the command line, and one without a redirect URI told what it cannot do", async () => {
    const app = new Cli(guestpass.settings, "app");
    expect(await app.refused("add", "Acme", "--redirect-uri", "http://files.example.com/cb")).to.match(
      /^The application cannot be registered: redirect_uris must begin with https:\/\//,
    );
    expect(await app.refused("add", "Acme", "--redirect-uri", redirectUri, "--id", "a b/../c")).to.equal(
      "--id must begin with a letter or digit and contain only letters, digits and . _ ~ -.",
    );
    expect(await app.refused("add", "Acme", "--redirect-uri", redirectUri, "--resource", "https://api.example.com=openid")).to.match(
      /^openid is a scope about the guest/,
    );
    expect(await app.ok("add", "Acme API", "--resource", "https://api.example.com=files:read")).to.contain(
      "Without a redirect URI guests cannot sign in to it",
    );
  });
});
