import { expect } from "chai";
import fc from "fast-check";
import { parseAddress } from "../../src/guests/address.ts";

const key = (typed: string) => parseAddress(typed)?.key;

const word = fc.string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789"), minLength: 1, maxLength: 12 });
const local = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join("."));
const domain = fc.tuple(word, fc.constantFrom("example", "com", "co.uk")).map((labels) => labels.join("."));
const address = fc.tuple(local, domain).map(([before, after]) => `${before}@${after}`);

/** Text out of what has fooled parsers of addresses. */
const tricky = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ..."ab.@ -+\"'<>(),;:\\[]%/?#=\t\r\n\0",
      "\u00ad",
      "\u200b",
      "\u202e",
      "\u2028",
      "@example.com",
      "xn--",
      "。",
      "ＡＢ",
      "İ",
      "K",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 2 }),
  ),
  maxLength: 40,
});

describe("an address", () => {
  it("is taken with the invisible signs that come along when it is copied, and with none within", () => {
    for (const copied of [
      "\u202aada@example.com\u202c",
      "\u200e ada@example.com",
      "ada@example.com\u200b\u00a0",
      "\ufeffada@example.com\u2069\r\n",
    ])
      expect(parseAddress(copied), JSON.stringify(copied)).to.deep.equal({
        typed: "ada@example.com",
        key: "ada@example.com",
        domain: "example.com",
      });
    for (const within of ["ada\u200b@example.com", "ada@\u202eexample.com", "\u200b", "\u200b@\u200b", ""])
      expect(parseAddress(within), JSON.stringify(within)).to.equal(undefined);
  });

  it("has one key however its letters are written", () => {
    fc.assert(
      fc.property(address, (typed) => {
        expect(key(typed)).to.equal(typed);
        expect(key(` ${typed.toUpperCase()}\n`)).to.equal(typed);
      }),
    );
  });

  it("has a key whose key is the key itself", () => {
    fc.assert(
      fc.property(fc.oneof(address, tricky), (typed) => {
        const canonical = key(typed);
        if (canonical !== undefined) expect(key(canonical)).to.equal(canonical);
      }),
    );
  });

  it("never holds what could reach beyond it in a mail header or an SMTP command", () => {
    fc.assert(
      fc.property(fc.tuple(tricky, tricky, fc.constantFrom("", "@example.com")), (parts) => {
        const parsed = parseAddress(parts.join(""));
        if (!parsed) return;
        for (const form of [parsed.typed, parsed.key]) {
          expect(form).to.not.match(/[\p{C}\p{Z}"<>(),;:\\[\]]/u);
          expect(form.split("@")).to.have.length(2);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("is the same in full-width and half-width letters", () => {
    for (const typed of ["ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada＠example.com", "　ＡＤＡ@example.com　", "ada@ｅxample。com"])
      expect(key(typed), typed).to.equal("ada@example.com");
    expect(key("ａｄａ＋ｘ＠example.com")).to.equal("ada+x@example.com");
    expect(parseAddress("ａｄａ＠example.com")?.typed).to.equal("ada@example.com");
    for (const none of ["ａｄａ，eve@example.com", "＜ada＠example.com＞", "ada＠＠example.com"])
      expect(parseAddress(none), none).to.equal(undefined);
  });

  it("differs from one that only looks alike", () => {
    const look = ["lisa", "l\u0131sa", "li\u017fa", "l\u0456sa", "lis\u0430", "lisa+x", "l.isa"];
    const keys = look.map((before) => key(`${before}@example.com`));
    expect(keys).to.not.include(undefined);
    expect(new Set(keys).size).to.equal(look.length);
  });

  it("is one address whether its domain is written in its own script or in ASCII", () => {
    expect(key("ada@MÜNCHEN.example")).to.equal("ada@xn--mnchen-3ya.example");
    expect(key("ada@mu\u0308nchen.example")).to.equal("ada@xn--mnchen-3ya.example");
    expect(key("ada@例え。テスト")).to.equal("ada@xn--r8jz45g.xn--zckzah");
  });

  it("is kept as it was typed, for showing", () => {
    expect(parseAddress(" Ada.Lovelace+Files@Example.COM ")?.typed).to.equal("Ada.Lovelace+Files@Example.COM");
  });

  for (const typed of [
    "",
    "@",
    "ada",
    "ada@",
    "@example.com",
    "ada@localhost",
    "ada@example",
    "ada@example..com",
    "ada@example.com.",
    "ada@-example.com",
    "ada@example-.com",
    "ada@example.1",
    "ada@127.0.0.1",
    "ada@[127.0.0.1]",
    "ada@exa_mple.com",
    "ada@xn--zzzzzz.com",
    "ada@example.com:25",
    "ada@example.com/x",
    "ada@example.com?x",
    "ada@example.com#x",
    "ada@example.com\\x",
    "ada@ex%61mple.com",
    "ada@exam\r\nple.com",
    "ada@exam\u00adple.com",
    "ada\r\n@example.com",
    "ada@eve@example.com",
    "ada,eve@example.com",
    "ada eve@example.com",
    '"ada"@example.com',
    "(ada)@example.com",
    ".ada@example.com",
    "ada.@example.com",
    "a..da@example.com",
    "=?utf-8?q?ada?=@example.com",
    `${"a".repeat(65)}@example.com`,
    `${"ä".repeat(33)}@example.com`,
    `ada@${"a".repeat(64)}.com`,
    `ada@${"a.".repeat(130)}com`,
    `${"a".repeat(2000)}@example.com`,
  ]) {
    it(`is not ${JSON.stringify(typed.length > 50 ? `${typed.slice(0, 10)}… (${typed.length})` : typed)}`, () => {
      expect(parseAddress(typed)).to.equal(undefined);
    });
  }
});
