import { expect } from "chai";
import { createLog, type Logger } from "../../src/log.ts";

/** The log of the product, kept in memory: one JSON text a line. */
export function memoryLog(level = "trace"): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog(level, { write: (line) => void lines.push(line) }), lines };
}

/** For a suite in which nothing may fail, whatever is asked: fails the test that leaves an error in the log. */
export function expectNoFaults(lines: string[]): void {
  beforeEach(() => lines.splice(0));
  afterEach(() => {
    expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50)).to.deep.equal([]);
  });
}
