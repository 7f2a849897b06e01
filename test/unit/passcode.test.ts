import { createSecretKey, randomBytes } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { codeMatches, generateCode, hashCode, normalizeCode } from "../../src/passcodes/passcode.ts";
import { KeyRing } from "../../src/secrets.ts";

const code = fc.integer({ min: 0, max: 999_999 }).map((number) => String(number).padStart(6, "0"));
const key = new KeyRing(createSecretKey(randomBytes(32)));

describe("a passcode", () => {
  it("has as many digits as it should, zeros in front included", () => {
    for (const digits of [6, 7, 8]) {
      const codes = Array.from({ length: 1000 }, () => generateCode(digits));
      expect(codes.filter((each) => !new RegExp(`^\\d{${digits}}$`).test(each))).to.deep.equal([]);
      expect(codes.some((each) => each.startsWith("0"))).to.equal(true);
    }
  });

  it("has every digit in every place equally often", () => {
    const counts = new Map<string, number>();
    for (let made = 0; made < 10_000; made++) {
      for (const [place, digit] of [...generateCode(6)].entries())
        counts.set(`${place}:${digit}`, (counts.get(`${place}:${digit}`) ?? 0) + 1);
    }
    expect(counts.size).to.equal(60);
    // The standard deviation is 30: this is further out than chance goes.
    for (const [where, often] of counts) expect(often, where).to.be.within(800, 1200);
  });

  it("matches its hash, and no other code does", () => {
    fc.assert(
      fc.property(code, code, fc.uuid(), fc.uuid(), (right, typed, id, interaction) => {
        const passcode = { id, interaction, hash: hashCode(key, { id, interaction }, right) };
        expect(codeMatches(key, passcode, right)).to.equal(true);
        expect(codeMatches(key, passcode, typed)).to.equal(typed === right);
      }),
    );
  });

  it("matches only in its own interaction, and under its own key", () => {
    fc.assert(
      fc.property(code, fc.uuid(), fc.uuid(), fc.uuid(), (right, id, interaction, other) => {
        const hash = hashCode(key, { id, interaction }, right);
        expect(codeMatches(key, { id, interaction: other, hash }, right)).to.equal(other === interaction);
        expect(codeMatches(key, { id: other, interaction, hash }, right)).to.equal(other === id);
        expect(codeMatches(new KeyRing(createSecretKey(randomBytes(32))), { id, interaction, hash }, right)).to.equal(false);
      }),
    );
  });

  it("is not in its hash", () => {
    expect(hashCode(key, { id: "id", interaction: "interaction" }, "123456")).to.match(/^[\w-]{43}$/);
  });
});

describe("a typed code", () => {
  const between = fc.constantFrom(
    "",
    " ",
    "\t",
    "\u00a0",
    "\u2009",
    "\u3000",
    "-",
    "–",
    "—",
    "\u2011",
    "\u200b",
    "\u200e",
    "\ufeff",
    "\r\n",
  );

  it("is the code whatever spaces and dashes stand between its digits", () => {
    fc.assert(
      fc.property(code, fc.array(between, { minLength: 7, maxLength: 7 }), (right, gaps) => {
        const typed = [...right].reduce((text, digit, index) => text + digit + gaps[index + 1], gaps[0] as string);
        expect(normalizeCode(typed)).to.equal(right);
      }),
    );
  });

  it("is the code in the digits of every script of Unicode", () => {
    const all = Array.from({ length: 0x110000 }, (_, point) => point)
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((point) => String.fromCodePoint(point))
      .filter((character) => /^\p{Nd}$/u.test(character));
    expect(all.length % 10).to.equal(0);
    // In the order of code points the digits of each script stand from 0 to 9.
    for (const [index, digit] of all.entries())
      expect(normalizeCode(digit), digit.codePointAt(0)?.toString(16)).to.equal(String(index % 10));
  });

  it("never becomes a code out of what has no digits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (typed) => {
        const digits = [...typed.normalize("NFKC")].filter((character) => /\p{Nd}/u.test(character)).length;
        if (/^\d{6}$/.test(normalizeCode(typed))) expect(digits).to.be.at.least(6);
      }),
    );
  });
});
