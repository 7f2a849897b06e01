import { expect } from "chai";
import { parseJson, TooMuchError } from "../../src/json.ts";

describe("JSON from outside", () => {
  it("is read as JSON.parse reads it, whatever stands in its texts", () => {
    for (const value of [
      [],
      {},
      { a: [1, "x", null, true, { b: '"],}{[\\' }] },
      ["\\", '\\"', "\\\\", 'a\\\\"b', "[[[[[[[[[[[[[[[[[[[["],
      { __proto: 1, _proto_: 2 },
    ])
      expect(parseJson(JSON.stringify(value))).to.deep.equal(value);
    expect(parseJson(JSON.stringify({ text: 'say "__proto__": no' }))).to.deep.equal({ text: 'say "__proto__": no' });
  });

  it("may have 25,000 values, 16 levels deep, and no more", () => {
    const list = (count: number) => `[${Array(count).fill("1").join(",")}]`;
    expect(parseJson(list(24_999))).to.have.length(24_999);
    expect(() => parseJson(list(25_001))).to.throw(TooMuchError);
    expect(parseJson("[".repeat(16) + "]".repeat(16))).to.be.an("array");
    expect(() => parseJson("[".repeat(17) + "]".repeat(17))).to.throw(TooMuchError);
    expect(() => parseJson('{"a":'.repeat(17))).to.throw(TooMuchError);
    expect(() => parseJson(`[${'""'.repeat(60_000)}]`)).to.throw(TooMuchError);
  });

  it("that is not valid, or sets a prototype, is refused as none", () => {
    for (const text of ["", "[", '"', '"\\"', "]", "}{", "[1,]", "nul", '{"__proto__":1}', '{"\\u005F_proto\\u005f_" :1}'])
      expect(() => parseJson(text), text).to.throw(SyntaxError);
  });
});
