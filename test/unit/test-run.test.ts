// What `npm test` promises of a run, tried with the same configuration on files that misbehave.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { type Ended, Running } from "../support/command.ts";

const mocha = resolve("node_modules/mocha/bin/mocha.js");

describe("a run of the tests", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "guestpass-run-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** @param files the text of each */
  function run(files: Record<string, string>, env: Record<string, string> = {}): Promise<Ended> {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, `${name}.test.mjs`), text);
    const configuration = { ...JSON.parse(readFileSync(".mocharc.json", "utf8")), spec: [join(directory, "*.test.mjs")] };
    writeFileSync(join(directory, "mocharc.json"), JSON.stringify(configuration));
    return new Running(["--config", join(directory, "mocharc.json"), "--jobs", "2"], { FAILURES_FILE: "", ...env }, mocha).ended;
  }

  it("reports its progress after each file, and ends with the line that machines read", async () => {
    const { code, stdout } = await run({ one: 'it("works", () => {})', two: 'it("works too", () => {})' });
    expect(stdout).to.match(/\[1 of 2 files, 1 passed, 0 failed, 0:\d\d\]/);
    expect(stdout).to.match(/\[2 of 2 files, 2 passed, 0 failed, 0:\d\d\]/);
    expect(stdout).to.match(/\n2 passed, 0 failed\n$/);
    expect(code).to.equal(0);
  });

  it("names each failure in a file for the end of the log", async () => {
    const failures = join(directory, "failures");
    await run(
      { works: 'it("works", () => {})', fails: 'it("fails", () => { throw new Error("it failed\\nat length"); })' },
      { FAILURES_FILE: failures },
    );
    expect(readFileSync(failures, "utf8")).to.equal("fails: it failed\n");
  });

  it("fails where a test fails, is pending, skipped or the only one to run", async () => {
    const { code, stdout } = await run({
      works: 'it("works", () => {})',
      fails: 'it("fails", () => { throw new Error("it failed"); })',
      pending: 'it("is to be written")',
      skipped: 'it.skip("is skipped", () => {})',
      only: 'it.only("is alone", () => {})',
    });
    for (const said of ["it failed", "Pending test forbidden", "`.only` is not supported"]) expect(stdout).to.contain(said);
    expect(stdout).to.match(/\n1 passed, 4 failed\n$/);
    expect(code).to.equal(4);
  });
});
