import { expect } from "chai";
import { Cli } from "../../support/cli.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("guestpass job", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let job: Cli;

  before(async () => {
    guestpass = await Guestpass.start();
    job = new Cli(guestpass.settings, "job");
  });
  after(() => guestpass.stop());

  it("lists and shows what is done to many guests and who is left out, and cancels it", async () => {
    expect(await job.ok("list")).to.equal("There is no job.\n");
    const sub = await guestpass.addGuest("ada@example.com");
    const { body } = await guestpass.server.app.admin("suspendGuests", { body: { subs: [sub, "nobody"], reason: "over", preview: true } });
    const id = String(body["id"]);
    expect(await job.ok("list", "--state", "ready")).to.match(
      new RegExp(`^ID +ACT +STATE +TOTAL +DONE +LEFT_OUT +ACTOR +CREATED_AT\n${id} +suspend +ready +2 +1 +1 +operator `),
    );
    expect(await job.json("show", id)).to.deep.include({ state: "ready", guests: [{ sub: "nobody", email: null, reason: "no-guest" }] });
    expect(await job.ok("show", id)).to.match(/\nEMAIL +SUB +REASON\n +nobody +no-guest\n$/);
    expect(await job.ok("cancel", id, "--yes")).to.equal("Cancelled.\n");
    expect(await job.refused("cancel", id, "--yes")).to.equal("The job is over already.");
    expect(await job.refused("list", "--state", "asleep")).to.contain("state");
  });
});
