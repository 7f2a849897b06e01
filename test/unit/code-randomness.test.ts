import { expect } from "chai";
import { generateCode } from "../../src/passcodes/passcode.ts";

const made = 10_000;
const bins = 1_000;

describe("ten thousand passcodes", () => {
  const codes = Array.from({ length: made }, () => generateCode(6));

  /** Pearson's statistic over a thousand equally likely values: 999 on average, with a standard deviation of 45. */
  function chiSquare(values: string[]): number {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    const expected = made / bins;
    const seen = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    return seen + (bins - counts.size) * expected;
  }

  it("have no bias in their first three digits, their last three, nor between them", () => {
    const parts = {
      first: codes.map((code) => code.slice(0, 3)),
      last: codes.map((code) => code.slice(3)),
      across: codes.map((code) => `${code[0]}${code[2]}${code[5]}`),
    };
    // Seven standard deviations to either side: further out than chance goes in the life of a test suite.
    for (const [where, values] of Object.entries(parts)) expect(chiSquare(values), where).to.be.within(680, 1320);
  });

  it("repeat themselves only as often as chance would have it", () => {
    // 50 repetitions on average, with a standard deviation of 7.
    expect(made - new Set(codes).size).to.be.within(5, 110);
  });
});
