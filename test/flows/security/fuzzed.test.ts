import { expect } from "chai";
import { type Fuzzed, fuzz, fuzzSettings } from "../../support/fuzz.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { expectNoFaults, memoryLog } from "../../support/memory-log.ts";

describe("whatever a stranger sends, by seed", () => {
  let guestpass: Guestpass;
  const { log, lines } = memoryLog("warn");
  before(async () => {
    guestpass = await Guestpass.start(fuzzSettings, { log });
  });
  after(() => guestpass.stop());
  expectNoFaults(lines);

  it("is answered as it is meant to be: forms, addresses, queries, cookies, CSV and notifications", async () => {
    const { wrong, answers }: Fuzzed = await fuzz(guestpass, { seed: 7, runs: 14 });
    expect(wrong).to.deep.equal([]);
    // A request that is refused at the door says little about the rooms behind it.
    expect(answers["address"]).to.include.all.keys("200", "422");
    expect(answers["CSV"]).to.include.all.keys("200", "400");
    expect(answers["notification by SMTP"]).to.include.all.keys("250");
    expect(answers["notification by webhook"]).to.include.all.keys("200", "400");
    expect(answers["form of a sign-in"]).to.include.all.keys("303", "403");
  });
});
