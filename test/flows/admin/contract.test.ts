import { expect } from "chai";
import { Guestpass } from "../../support/guestpass.ts";
import { tryContract } from "../../support/try-contract.ts";

describe("the contract of the administration API", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_LIMIT_REQUESTS_PER_APPLICATION: "1000000/1m" });
  });
  after(() => guestpass.stop());

  it("is kept whatever is asked: every answer is in the OpenAPI document", async function () {
    this.timeout(300_000);
    const [seed, runs] = [Number(process.env["CONTRACT_SEED"] ?? 7), Number(process.env["CONTRACT_RUNS"] ?? 12)];
    const { undocumented, statuses } = await tryContract(guestpass, { seed, runs });
    expect(undocumented).to.deep.equal([]);
    // A request that is never understood says little about the answers.
    expect(statuses).to.include.all.keys("200", "201", "400", "401", "403", "404");
    expect(statuses["200"]).to.be.greaterThan(5 * runs);
  });
});
