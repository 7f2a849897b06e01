import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { decodeProtectedHeader } from "jose";
import * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { runWarm } from "../../support/warm-command.ts";

describe("signing algorithms", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_SIGNING_ALGORITHMS: "RS256,ES256,PS256,EdDSA", GUESTPASS_KEY_PUBLISH_HOURS: "0" });
  });
  after(() => guestpass.stop());

  for (const alg of ["RS256", "ES256", "PS256", "EdDSA"]) {
    it(`${alg} signs ID tokens that openid-client verifies, before and after its key rotates`, async () => {
      const application = await guestpass.register(`files-${alg}`, { metadata: { id_token_signed_response_alg: alg } });
      const enter = async () => {
        const request = await guestpass.authorizationRequest(application);
        oidc.enableNonRepudiationChecks(request.config);
        const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
        return decodeProtectedHeader((await guestpass.redeem(request, answer)).id_token as string);
      };
      const before = await enter();
      expect(before.alg).to.equal(alg);
      await guestpass.server.app.signingKeys.rotate(operator, alg);
      await guestpass.server.app.keysChanged();
      const after = await enter();
      expect(after.alg).to.equal(alg);
      expect(after.kid).not.to.equal(before.kid);
    });
  }

  it("that the operator has not chosen cannot be used", async () => {
    const plain = await Guestpass.start();
    try {
      const document = (await (await fetch(`${plain.issuer}/.well-known/openid-configuration`)).json()) as Record<string, string[]>;
      expect(document["id_token_signing_alg_values_supported"]).to.have.members(["RS256", "ES256"]);
      const refused = await plain.register("files", { metadata: { id_token_signed_response_alg: "EdDSA" } }).catch((error: Error) => error);
      expect(String(refused)).to.contain("id_token_signed_response_alg");
    } finally {
      await plain.stop();
    }
    const { stderr } = await runWarm(["doctor"], { ...guestpass.settings, GUESTPASS_SIGNING_ALGORITHMS: "ES256" });
    expect(stderr).to.contain("GUESTPASS_SIGNING_ALGORITHMS (keys.algorithms): must include RS256");
  });

  it("leave no provider behind when keys rotate", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("globalThis.gc") as () => void;
    const { live, signingKeys, keysChanged } = guestpass.server.app;
    const former: WeakRef<object>[] = [];
    for (let rotation = 0; rotation < 5; rotation++) {
      former.push(new WeakRef(live.now));
      await signingKeys.rotate(operator, "ES256");
      await keysChanged();
      await (await fetch(`${guestpass.issuer}/jwks`)).json();
    }
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    // V8 may keep what it last looked at for another round.
    expect(former.filter((each) => each.deref() !== undefined)).to.have.length.at.most(1);
  });
});
