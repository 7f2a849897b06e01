// npm test: the whole suite on SQLite, and once more on PostgreSQL where TEST_DATABASE_URL names one.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Files run in parallel, each in a process with its own clock. Tests often wait for a disk or a mail server, so there is one more than there
 * are cores. PostgreSQL's usual 100 connections are enough for four.
 */
const jobs = Math.min(availableParallelism() + 1, 4);

/** Node.js keeps what it compiled here, for the workers and for the commands that tests run. Coverage would be less exact with it. */
const compileCache = fileURLToPath(new URL("../node_modules/.cache/guestpass-test", import.meta.url));

const databases = ["sqlite", ...(process.env["TEST_DATABASE_URL"] ? ["postgres"] : [])];
const directory = mkdtempSync(join(tmpdir(), "guestpass-test-"));
let failed = false;
for (const database of databases) {
  console.log(`\n=== on ${database} ===`);
  const { status } = spawnSync("mocha", ["--jobs", String(jobs), ...process.argv.slice(2)], {
    stdio: "inherit",
    shell: true,
    env: {
      ...(process.env["NODE_V8_COVERAGE"] ? {} : { NODE_COMPILE_CACHE: compileCache }),
      ...process.env,
      TEST_DATABASE: database,
      FAILURES_FILE: join(directory, database),
    },
  });
  failed ||= status !== 0;
}
for (const database of databases) {
  const failures = join(directory, database);
  if (existsSync(failures)) console.log(`\nFailed on ${database}:\n${readFileSync(failures, "utf8").trimEnd()}`);
}
rmSync(directory, { recursive: true });
if (databases.length === 1) console.log("PostgreSQL was not tested: TEST_DATABASE_URL is not set.");
process.exit(failed ? 1 : 0);
