import { expect } from "chai";
import { Routes } from "../../../src/outbox/routes.ts";
import { testClock } from "../../../src/testing/clock.ts";
import { MailServer, type Reply } from "../../../src/testing/mail-server.ts";
import { queuedMail } from "../../support/queued-mail.ts";

describe("a mail server that stalls", () => {
  it("ends the attempt in time, so that no other process sends the mail meanwhile", async () => {
    const server = await new MailServer().start();
    let release: (reply: Reply) => void = () => undefined;
    server.answer = () => new Promise((resolve) => (release = resolve));
    const route = { name: "only", smtpUrl: server.url, from: "guests@idp.example" };
    const routes = new Routes({ clock: testClock, routes: [route], journeyMs: 200 });
    const { tries } = await routes.deliver(queuedMail());
    expect(tries).to.have.length(1);
    expect(tries[0]).to.include({ outcome: "delayed", reply: "EABORT", route: "only" });
    release(undefined);
    routes.close();
    await server.stop();
    expect(server.mails).to.deep.equal([]);
  });
});
