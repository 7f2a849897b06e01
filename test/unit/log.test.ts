import { spawnSync } from "node:child_process";
import { expect } from "chai";

/** What a process writes that logs so and ends at once. */
function logged(script: string): Record<string, unknown>[] {
  const source = `import { createLog } from ${JSON.stringify(new URL("../../src/log.ts", import.meta.url))}; const log = createLog("info"); ${script}; process.exit(0);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", source], { encoding: "utf8" });
  expect(stderr).to.equal("");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the log", () => {
  it("loses no line when the process ends", () => {
    const lines = logged(`for (let line = 0; line < 500; line++) log.info({ line }, "a line")`);
    expect(lines.map(({ line }) => line)).to.deep.equal(Array.from({ length: 500 }, (_, line) => line));
  });

  it("masks codes, tokens, secrets and addresses at any depth, in lists too", () => {
    const [line] = logged(
      `log.info({ code: "123456", status: 200, a: { email: "ada@example.com", b: [{ token: "t", ok: 1 }] } }, "request")`,
    );
    expect(line).to.deep.include({ code: "[redacted]", status: 200, a: { email: "[redacted]", b: [{ token: "[redacted]", ok: 1 }] } });
  });

  it("masks what is nested too deeply to be examined, and ends where an object holds itself", () => {
    const [line] = logged(`const self = { name: "x" }; self.self = self; log.info({ self }, "round and round")`);
    expect(JSON.stringify(line)).to.contain('"self":"[redacted]"');
  });

  it("keeps of an error its name, code and stack, without the addresses in them", () => {
    const [line] = logged(
      `log.error({ err: Object.assign(new Error("no mail to ada@example.com"), { code: "EENVELOPE", sql: "x" }) }, "failed")`,
    );
    expect(line?.["err"]).to.include({ type: "Error", errorCode: "EENVELOPE", message: "no mail to [address]" });
    expect(JSON.stringify(line)).not.to.contain("ada@").and.not.to.contain("sql");
  });
});
