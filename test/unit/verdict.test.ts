import { expect } from "chai";
import { judge } from "../../src/verdicts/verdict.ts";
import { knownReplies } from "../support/replies.ts";

const recipient = "ada@example.com";

describe("why a mail was refused", () => {
  it("is recognised for many servers", () => {
    expect(knownReplies.length).to.be.at.least(150);
  });

  for (const { server, command, reply, verdict, why } of knownReplies)
    it(`${server}: ${reply.split("\n")[0]?.slice(0, 70)}: ${verdict} (${why})`, () => {
      const finding = judge({ source: "conversation", command, recipient, words: reply });
      expect(finding.verdict, finding.why).to.equal(verdict);
      expect(finding.checkAddress).to.equal(verdict === "mailbox");
      expect(finding.tryNextRoute).to.equal(verdict === "somebody else");
    });

  it("is known of an address with an apostrophe, and no other address's fault", () => {
    const words = "550 5.1.1 <o'neil@example.com>: user unknown";
    const verdictFor = (address: string) => judge({ source: "conversation", command: "RCPT TO", recipient: address, words }).verdict;
    expect([verdictFor("o'neil@example.com"), verdictFor("neil@example.com")]).to.deep.equal(["mailbox", "somebody else"]);
  });

  for (const { server, command, reply, verdict } of knownReplies.filter(({ command }) => command === "RCPT TO"))
    it(`told by a notification: ${server}: ${reply.split("\n")[0]?.slice(0, 70)}`, () => {
      for (const words of [
        `smtp; ${reply}`,
        `smtp; host mx.example.com[192.0.2.25] said: ${reply} (in reply to ${command} command)`,
        `host mx.example.com [192.0.2.25]\n SMTP error from remote mail server after ${command}:<ada@example.com>:\n ${reply}`,
      ])
        for (const status of [undefined, "5.0.0", "5.0.0 (permanent failure)"])
          expect(judge({ source: "notification", recipient, words, status }).verdict, words).to.equal(verdict);
    });
});
