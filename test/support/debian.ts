// What test/system/ needs of Debian, looked for before any of it runs: nothing is skipped where it is missing.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** One name a line; .ci/machine reads it too. */
const list = new URL("../system/debian-packages", import.meta.url);

/** Called by mocha before the tests. */
export function mochaGlobalSetup(): void {
  const needed = readFileSync(list, "utf8").trim().split("\n");
  const format = `--showformat=\${db:Status-Status} \${Package}\\n`;
  const { stdout } = spawnSync("/usr/bin/dpkg-query", ["--show", format, ...needed], { encoding: "utf8" });
  const known = (stdout ?? "").split("\n");
  const missing = needed.filter((name) => !known.includes(`installed ${name}`));
  if (missing.length === 0) return;
  console.error(`These tests talk to programs of Debian: run "apt-get install ${missing.join(" ")}" first.`);
  process.exit(1);
}
