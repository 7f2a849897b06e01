import { expect } from "chai";
import { readNotification } from "../../src/bounces/notification.ts";

/** A notification within so many multiparts. */
function nested(multiparts: number): Buffer {
  let part = [
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.partner.example",
    "",
    "Final-Recipient: rfc822; ada@partner.example",
    "Action: failed",
    "Status: 5.1.1",
    "",
  ].join("\r\n");
  for (let depth = 1; depth <= multiparts; depth++)
    part = `Content-Type: multipart/mixed; boundary="b${depth}"\r\n\r\n--b${depth}\r\n${part}\r\n--b${depth}--\r\n`;
  return Buffer.from(`From: mailer-daemon@mx.partner.example\r\nMIME-Version: 1.0\r\n${part}`);
}

describe("a notification within multiparts", () => {
  it("is read as a gateway wraps it", async () => {
    expect((await readNotification(nested(5))).map(({ finalRecipient, status }) => [finalRecipient, status])).to.deep.equal([
      ["ada@partner.example", "5.1.1"],
    ]);
  });

  it("is not read where they are more than any mail server makes", async () => {
    expect(await readNotification(nested(40))).to.deep.equal([]);
  });
});
