import { expect } from "chai";
import { wordsOf } from "../../src/outbox/trouble.ts";
import { reasonIn, serverWords } from "../../src/verdicts/server-words.ts";

const recipient = "ada.lovelace@example.com";

describe("a server's own words", () => {
  const kept: [what: string, said: string, words: string][] = [
    [
      "its code and status, once for all lines",
      "550-5.7.1 Relaying\r\n550-5.7.1 denied\r\n550 5.7.1 to you",
      "550 5.7.1 Relaying denied to you",
    ],
    ["without the recipient", "550 5.1.1 <Ada.Lovelace@EXAMPLE.com>: unknown", "550 5.1.1 <…@example.com>: unknown"],
    [
      "without other addresses",
      "554 5.1.90 boss=a@corp.example,x@y.example over limit",
      "554 5.1.90 boss=…@corp.example,…@y.example over limit",
    ],
    [
      "without addresses whose local part has an apostrophe, or is in quotes",
      `550 <o'neil@corp.example>, 'eve@y.example', "of two words"@z.example: no such user`,
      "550 <…@corp.example>, '…@y.example', …@z.example: no such user",
    ],
    [
      "as links and return paths write it",
      "550 see ?r=ada.lovelace%40example.com or b+ada.lovelace=example.com@z.example",
      "550 see ?r=…@example.com or …@z.example",
    ],
    [
      "without a code that it quotes",
      "554 5.7.1 spam: 'Your code: 482913', '482 913' or 4829-1366",
      "554 5.7.1 spam: 'Your code: …', '…' or …",
    ],
    [
      "without a long code that it quotes",
      "554 5.7.1 spam: 'Your code: 482913660417', '482 913 660 417' or 4829-1366-0417",
      "554 5.7.1 spam: 'Your code: …', '…' or …",
    ],
    [
      "without links that open something",
      "552 blocked https://guests.example.com/invitations/Zr1vT8mWq2rXkYd4LpZ0s?x=1 and guests.example.com/interaction/abc",
      "552 blocked https://guests.example.com/… and guests.example.com/…",
    ],
    ["without a code at the end of a sentence", "554 5.7.1 the code was 482913. It is spam", "554 5.7.1 the code was …. It is spam"],
    ...[
      "0102018f2b5c7d3e-4d5e6f70-1234-4abc-8def-0123456789ab-000000",
      "12345678-abcd-4def-8123-123456789012",
      "bJHKjVLbTaqh1lZVtj8uVw",
    ].map((id): [string, string, string] => [
      `with the id ${id} that a provider gave it`,
      `250 Ok: queued as ${id}`,
      `250 Ok: queued as ${id}`,
    ]),
    ["without tokens", "554 found Zr1vT8mWq2rXkYd4LpZ0sNhBq7 in it", "554 found … in it"],
    ["without control characters and what turns text around", "550 no\u0007\u001b[31m \u202esuch\tuser", "550 no [31m such user"],
    ["with equals signs", "550 5.7.1 rejected (score=9.2 required=5)", "550 5.7.1 rejected (score=9.2 required=5)"],
    ["with the number of the queue", "250 2.0.0 Ok: queued as 4XhWqk1d2Zz9", "250 2.0.0 Ok: queued as 4XhWqk1d2Zz9"],
    ["with network addresses", "550 5.7.1 [192.0.2.10] is listed at zen.example", "550 5.7.1 [192.0.2.10] is listed at zen.example"],
  ];
  for (const [what, said, words] of kept)
    it(`are kept ${what}`, () => {
      expect(serverWords(said, recipient)).to.equal(words);
    });

  it("are kept without codes where the status is told beside them", () => {
    expect(reasonIn("550-5.1.1 <ada@example.com>: no such\n550 5.1.1 user")).to.equal("<…@example.com>: no such user");
    expect(reasonIn("smtp; 550-5.1.1 no such 550 5.1.1 user")).to.equal("no such user");
    for (const code of ["482913", "482 913", "48291366", "482913660417", "482 913 660 417", "4829-1366-0417"])
      expect(reasonIn(`554 5.7.1 your code ${code} is spam`), code).to.equal("your code … is spam");
  });

  for (const other of ["ada-lovelace@example.com", "a.b+c@x-y.example", "(a)[b]{c}|d^$*?@example.com", "josé@bücher.example", "", "nobody"])
    it(`are kept without ${other || "anybody"}`, () => {
      expect(serverWords(`550 5.1.1 <${other}>: no such user`, other)).to.match(/^550 5\.1\.1 <.*: no such user$/);
      if (other.includes("@")) expect(serverWords(`550 <${other}> no`, other)).to.not.contain(other);
    });

  it("are kept with equals signs where nobody's address is known", () => {
    expect(reasonIn("550 5.7.1 rejected (score=9.2 required=5)")).to.equal("rejected (score=9.2 required=5)");
  });

  it("have an end", () => {
    expect(serverWords(`550 ${"no ".repeat(100_000)}`, recipient)).to.have.length(500);
  });

  it("are read quickly, however they are made, whatever they are", () => {
    for (const said of ["a".repeat(1_000_000), "a.".repeat(500_000), "a@".repeat(500_000), "1 ".repeat(500_000), "=".repeat(1_000_000)])
      expect(serverWords(`550 ${said}`, recipient).length).to.be.at.most(500);
  });
});

describe("the reason why a server cannot be reached", () => {
  const told: [message: string, words: RegExp][] = [
    ["connect ECONNREFUSED 192.0.2.1:25", /nothing listens at mail\.example\.com:465/],
    ["getaddrinfo ENOTFOUND mail.example.com", /does not resolve \(DNS\)/],
    [
      "error:0A00010B:SSL routines:tls_validate_record_header:wrong version number",
      /does not speak TLS from the first byte: use smtp:\/\//,
    ],
    ["Greeting never received", /use smtps:\/\//],
    ["self-signed certificate", /GUESTPASS_SMTP_CA_FILE/],
    ["unable to verify the first certificate", /GUESTPASS_SMTP_CA_FILE/],
    ["certificate has expired", /has expired/],
    ["Hostname/IP does not match certificate's altnames: Host: localhost. is not in the cert's altnames", /is for another name/],
    ["Client network socket disconnected before secure TLS connection was established", /^ESOCKET: TLS with mail\.example\.com:465 fails/],
    ["something new", /^ESOCKET: mail\.example\.com:465 \(something new\)$/],
  ];
  for (const [message, words] of told)
    it(`is said for "${message}", without the password`, () => {
      const said = wordsOf("smtps://mailer:hunter2@mail.example.com", Object.assign(new Error(message), { code: "ESOCKET" }));
      expect(said).to.match(words).and.to.not.contain("hunter2");
    });

  it("is said beside what the server answered to STARTTLS", () => {
    const refused = Object.assign(new Error("Error upgrading connection with STARTTLS: 454 4.7.0 TLS not available"), {
      code: "ETLS",
      response: "454 4.7.0 TLS not available",
    });
    expect(wordsOf("smtp://mail.example.com", refused)).to.equal(
      "mail.example.com:587 does not begin TLS (STARTTLS): 454 4.7.0 TLS not available",
    );
  });

  it("is given for a server that greets, and is no mail server", () => {
    const greeted = Object.assign(new Error("Invalid greeting. response=hello: hello"), { code: "EPROTOCOL", response: "hello" });
    expect(wordsOf("smtp://mail.example.com", greeted)).to.contain("is not a mail server").and.to.contain("response=hello");
  });
});

it("a server's words are read once, however they are put together to be read again and again", () => {
  const before = process.threadCpuUsage().user;
  for (let times = 0; times < 20; times++)
    for (const each of ["＠", "a.", "a-", "a'", "e\u0301", "Aa1-", "a=", "http://a."]) serverWords(each.repeat(4000), "ada@example.com");
  // Half a second, where it was fifteen.
  expect((process.threadCpuUsage().user - before) / 1000).to.be.lessThan(4000);
});
