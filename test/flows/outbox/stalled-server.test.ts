import { expect } from "chai";
import { Transport } from "../../../src/outbox/transport.ts";
import { MailServer, type Reply } from "../../../src/testing/mail-server.ts";

describe("a mail server that stalls", () => {
  it("ends the attempt in time, so that no other process sends the mail meanwhile", async () => {
    const server = await new MailServer().start();
    let release: (reply: Reply) => void = () => undefined;
    server.answer = () => new Promise((resolve) => (release = resolve));
    const transport = new Transport({ smtpUrl: server.url, from: "guests@idp.example", attemptMs: 200 });
    const content = JSON.stringify({ subject: "s", text: "t", html: "h", language: "en" });
    const mail = {
      id: "1",
      kind: "passcode",
      subjectId: null,
      recipient: "ada@example.com",
      content,
      messageId: "<1@x>",
      attempts: 0,
      expiresAt: 0,
    };
    expect(await transport.deliver(mail)).to.deep.equal({ outcome: "delayed", reply: "EABORT" });
    release(undefined);
    transport.close();
    await server.stop();
    expect(server.mails).to.deep.equal([]);
  });
});
