// The OpenID Foundation's tests of a relying party (oidcc-client-basic-certification-test-plan), module by module, against a provider that lies.
import { expect } from "chai";
import type { Answer } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { type Lie, unsigned } from "../../support/organisation.ts";
import { say } from "../../support/texts.ts";
import { askingHere, Partner } from "../../support/upstream.ts";

const ada = { sub: "ada-1", email: "ada@partner.example", email_verified: true };

const without = (name: string): Lie => {
  return ({ [name]: _, ...claims }, sign) => sign(claims);
};
const withoutKid: Lie = (claims, sign) => sign(claims, { named: false });

/** What the provider does in each module, and whether the guest is signed in by it. */
const modules: Record<string, { lie?: Lie; signedIn?: true }> = {
  "oidcc-client-test": { signedIn: true },
  "oidcc-client-test-invalid-iss": { lie: (claims, sign) => sign({ ...claims, iss: `${claims["iss"]}1` }) },
  "no issuer, which no module has": { lie: without("iss") },
  "oidcc-client-test-missing-sub": { lie: without("sub") },
  "oidcc-client-test-invalid-aud": { lie: (claims, sign) => sign({ ...claims, aud: `${claims["aud"]}1` }) },
  "oidcc-client-test-missing-aud": { lie: without("aud") },
  "oidcc-client-test-missing-iat": { lie: without("iat") },
  "oidcc-client-test-nonce-invalid": { lie: (claims, sign) => sign({ ...claims, nonce: `${claims["nonce"]}1` }) },
  "oidcc-client-test-kid-absent-single-jwks": { lie: withoutKid, signedIn: true },
  "oidcc-client-test-idtoken-sig-rs256": { signedIn: true },
  "oidcc-client-test-idtoken-sig-none": { lie: (claims) => unsigned(claims) },
  "oidcc-client-test-invalid-sig-rs256": {
    lie: async (claims, sign) => {
      const [header, payload] = (await sign(claims)).split(".");
      const [, , signature] = (await sign({ ...claims, sub: "eve-2" })).split(".");
      return [header, payload, signature].join(".");
    },
  },
  // The ID token has no address: it is asked for at userinfo, whose sub is another one.
  "oidcc-client-test-userinfo-invalid-sub": { lie: (claims, sign) => sign({ ...claims, sub: "somebody-else" }) },
  "oidcc-client-test-scope-userinfo-claims": { signedIn: true },
};

describe("a relying party, by the modules of the OpenID Foundation's plan", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let partner: Partner;

  beforeEach(async () => {
    guestpass = await Guestpass.start(askingHere);
    files = await guestpass.register("files");
    partner = await Partner.registered(guestpass, "partner");
  });
  afterEach(async () => {
    await partner.stop();
    await guestpass.stop();
  });

  const isIn = (answer: Answer) => answer.isRedirect && answer.location.startsWith(`${appOrigin}/callback?code=`);
  async function refuses(what: string): Promise<void> {
    const { answer } = await partner.signIn(files, ada);
    expect(answer.title, what).to.equal(say("upstream.failed.title"));
    expect(answer.text, what)
      .to.contain(say("upstream.not-believed", { provider: "Partner" }))
      .and.to.contain(say("ways.code"));
    for (const table of ["guests", "upstream_accounts"])
      expect(await guestpass.server.app.db(table), `${what}: ${table}`).to.have.length(0);
  }

  it("signs nobody in by a wrong token, and goes on with a right one", async () => {
    for (const [name, { lie }] of Object.entries(modules).filter(([, { signedIn }]) => !signedIn)) {
      partner.organisation.lie = lie;
      await refuses(name);
    }
    for (const [name, { lie }] of Object.entries(modules).filter(([, { signedIn }]) => signedIn)) {
      partner.organisation.lie = lie;
      expect(isIn((await partner.signIn(files, ada)).answer), name).to.equal(true);
    }
  });

  it("guesses no key: oidcc-client-test-kid-absent-multiple-jwks", async () => {
    await partner.stop();
    partner.organisation.otherKey = true;
    await partner.start();
    partner.organisation.lie = withoutKid;
    await refuses("no kid");
    partner.organisation.lie = undefined;
    expect(isIn((await partner.signIn(files, ada)).answer), "the key is named").to.equal(true);
  });

  it("takes the next key at once: oidcc-client-test-signing-key-rotation", async () => {
    expect(isIn((await partner.signIn(files, ada)).answer)).to.equal(true);
    const before = partner.organisation.sign;
    await partner.stop();
    await partner.start();
    expect(isIn((await partner.signIn(files, ada)).answer), "the key of now").to.equal(true);
    partner.organisation.lie = (claims) => before(claims);
    const { answer } = await partner.signIn(files, ada);
    expect(answer.text, "the key that is gone").to.contain(say("upstream.not-believed", { provider: "Partner" }));
  });
});
