import { expect } from "chai";
import * as oidc from "openid-client";
import { eventually } from "../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { comesByTheClock, statementsOf } from "../support/statements.ts";

/** BEGIN and COMMIT included. A statement costs more than what it does: each that is added has to be worth it (docs/performance.md). */
const budget = 25;
/** How often oidc-provider's artifacts are read beside them. */
const artifactReads = 7;
const address = "ada@example.com";

describe("a sign-in has a budget of statements", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
    // The trail is sealed by the clock, which is no part of a sign-in.
    await guestpass.server.app.audit.stop();
  });
  after(() => guestpass.stop());

  it("and so has the sign-in of a guest who returns, from the authorization request to userinfo, the mail included", async () => {
    await statementsOf(signIn);
    const statements = (await statementsOf(signIn)).filter((sql) => !comesByTheClock(sql));
    const reads = statements.filter((sql) => /^SELECT a\.payload/.test(sql));
    const list = statements.map((sql) => sql.replace(/\s+/g, " ").slice(0, 100)).join("\n");
    expect(statements.length - reads.length, list).to.be.at.most(budget);
    expect(reads.length, list).to.be.at.most(artifactReads);
  });

  async function signIn(soFar: readonly string[]): Promise<void> {
    const request = await guestpass.authorizationRequest(application);
    const answer = await guestpass.signIn(guestpass.browser(), request, address);
    await eventually("the mail is settled", () => soFar.some((sql) => /^UPDATE outbox SET state = \?, settled_at/.test(sql)));
    const tokens = await guestpass.redeem(request, answer);
    await oidc.fetchUserInfo(request.config, tokens.access_token, tokens.claims()?.sub as string);
  }
});
