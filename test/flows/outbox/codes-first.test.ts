import { expect } from "chai";
import { createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/configuration/config.ts";
import { createLog } from "../../../src/log.ts";
import { testClock } from "../../../src/testing/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";

describe("a code among many other mails", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  it("is sent at once although invitations and notices fill every connection that they may have; these follow, invitations first", async () => {
    const { app } = guestpass.server;
    const held: (() => void)[] = [];
    guestpass.mail.answer = (recipient) =>
      recipient.startsWith("bulk") ? new Promise((resolve) => held.push(() => resolve(undefined))) : undefined;
    for (let mail = 0; mail < 20; mail++) await enqueue(app, `bulk-${mail}@example.com`, "notice");
    await enqueue(app, "bulk-invited@example.com", "invitation");
    await eventually("others are under way", () => held.length >= 4);
    const browser = guestpass.browser();
    await guestpass.askForCode(browser, await guestpass.authorizationRequest(await guestpass.register("files")), "ada@example.com");
    await guestpass.mail.code("ada@example.com");
    expect(held).to.have.length(4);
    guestpass.mail.answer = () => undefined;
    for (const release of held) release();
    await eventually("all are sent", async () => (await app.outbox.list({ state: "sent" })).length === 22);
    const order = guestpass.mail.mails.map(({ to }) => to);
    expect(new Set(order).size).to.equal(22);
    expect(order.indexOf("bulk-invited@example.com")).to.be.at.most(1 + 4 + 4);
  });

  it("does not make the others wait longer: each that is sent makes room for the next, without looking now and then", async () => {
    const quiet = await createApp(readConfig(guestpass.settings), { clock: testClock, log: createLog("silent") });
    await guestpass.server.close();
    quiet.outbox.run(3_600_000);
    const before = guestpass.mail.mails.length;
    await Promise.all(Array.from({ length: 12 }, (_, mail) => enqueue(quiet, `quiet-${mail}@example.com`)));
    await guestpass.mail.until(() => guestpass.mail.mails.length === before + 12);
    await quiet.close();
  });
});
