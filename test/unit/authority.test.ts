import { expect } from "chai";
import { InputError } from "../../src/errors.ts";
import { type Address, parseAddress } from "../../src/guests/address.ts";
import { type AccountClaims, isOfTenant, vouches } from "../../src/upstream/authority.ts";
import { checkIssuer } from "../../src/upstream/registration.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";

const own: Upstream = {
  id: "partner",
  issuer: "https://login.partner.example",
  clientId: "guestpass",
  scope: "openid email",
  label: "Partner",
  domains: ["partner.example"],
  firstFor: [],
  grade: "proves-the-mailbox",
  tenant: null,
  createdAt: 0,
  updatedAt: 0,
};
const google: Upstream = { ...own, issuer: "https://accounts.google.com", domains: ["gmail.com", "partner.example"] };
const tenant = "0f2c8a52-6d1f-4d0c-9a6b-2f2f7c1f3c11";
const entra: Upstream = { ...own, issuer: `https://login.microsoftonline.com/${tenant}/v2.0`, tenant };

describe("the authority of a provider over an address", () => {
  const cases: [what: string, upstream: Upstream, address: string, claims: AccountClaims, vouches: boolean][] = [
    ["of its own domain", own, "ada@partner.example", { email: "Ada@Partner.example", email_verified: true }, true],
    ["not of another domain", own, "ada@other.example", { email: "ada@other.example", email_verified: true }, false],
    ["not of a domain below", own, "ada@a.partner.example", { email: "ada@a.partner.example", email_verified: true }, false],
    ["not of somebody else", own, "ada@partner.example", { email: "eve@partner.example", email_verified: true }, false],
    ["not with a tag", own, "ada@partner.example", { email: "ada+x@partner.example", email_verified: true }, false],
    ["not unverified", own, "ada@partner.example", { email: "ada@partner.example", email_verified: false }, false],
    ["not verified as a word", own, "ada@partner.example", { email: "ada@partner.example", email_verified: "true" }, false],
    ["not where nothing is said", own, "ada@partner.example", { email: "ada@partner.example" }, false],
    ["not without an address", own, "ada@partner.example", { email_verified: true }, false],
    ["Google: of gmail.com", google, "ada@gmail.com", { email: "ada@gmail.com", email_verified: true }, true],
    [
      "Google: of the account's organisation",
      google,
      "ada@partner.example",
      { email: "ada@partner.example", email_verified: true, hd: "partner.example" },
      true,
    ],
    ["Google: not without an organisation", google, "ada@partner.example", { email: "ada@partner.example", email_verified: true }, false],
    [
      "Google: not of another organisation",
      google,
      "ada@partner.example",
      { email: "ada@partner.example", email_verified: true, hd: "evil.example" },
      false,
    ],
    ["Google: not unverified", google, "ada@gmail.com", { email: "ada@gmail.com", email_verified: "true" }, false],
    ["Entra: of a domain bound to the tenant", entra, "ada@partner.example", { email: "ada@partner.example", tid: tenant }, true],
    ["Entra: not unverified", entra, "ada@partner.example", { email: "ada@partner.example", tid: tenant, email_verified: false }, false],
  ];
  for (const [what, upstream, address, claims, expected] of cases)
    it(what, () => {
      expect(vouches(upstream, claims, parseAddress(address) as Address)).to.equal(expected);
    });

  it("covers accounts of the pinned tenant alone", () => {
    expect(isOfTenant(entra, { tid: tenant.toUpperCase() })).to.equal(true);
    for (const tid of [undefined, "", 7, `${tenant}x`, [tenant]]) expect(isOfTenant(entra, { tid }), String(tid)).to.equal(false);
    expect(isOfTenant(own, {})).to.equal(true);
  });

  it("needs a provider that is registered as one tenant, over TLS", () => {
    expect(checkIssuer(own.issuer)).to.equal(undefined);
    expect(checkIssuer(entra.issuer)).to.equal(tenant);
    for (const issuer of [
      "https://login.microsoftonline.com/common/v2.0",
      "https://login.microsoftonline.com/organizations/v2.0",
      "https://login.microsoftonline.com/consumers/v2.0",
      "http://login.partner.example",
      "ldap://partner.example",
      "partner.example",
      "https://partner.example/?tenant=x",
    ])
      expect(() => checkIssuer(issuer), issuer).to.throw(InputError);
  });
});
