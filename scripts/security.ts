// npm run test:security: runs the tests of test/security.ts and says what became of each requirement. It fails where a test fails, where
// one that is named does not exist, and where a requirement has none. `-- --list` says which tests hold which requirement, and runs none.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import Mocha from "mocha";
import { type Requirement, requirements } from "../test/security.ts";
import Reporter from "../test/support/reporter.ts";

interface Result {
  file: string;
  title: string;
  failed: boolean;
}

const list = process.argv.includes("--list");
const pathOf = (file: string) => resolve("test", `${file}.test.ts`);
const files = [...new Set(requirements.flatMap(({ tests }) => Object.keys(tests)))];
const missing = files.filter((file) => !existsSync(pathOf(file)));
if (missing.length > 0) {
  console.error(`test/security.ts names files that do not exist: ${missing.join(", ")}`);
  process.exit(1);
}

const databases = ["sqlite", ...(process.env["TEST_DATABASE_URL"] && !list ? ["postgres"] : [])];
let failed = false;
for (const database of databases) {
  process.env["TEST_DATABASE"] = database;
  if (!list) console.log(`\n=== on ${database} ===`);
  // Chromium behaves the same on both databases.
  const results = await run(database === "sqlite" ? files : files.filter((file) => !file.startsWith("browser/")));
  const strays = new Set(results.filter((result) => result.failed));
  for (const requirement of requirements) failed = report(requirement, results, strays) || failed;
  for (const { file, title } of strays) console.log(`FAILED  ${file}: ${title}`);
  failed ||= strays.size > 0;
}
if (databases.length === 1 && !list) console.log("PostgreSQL was not tested: TEST_DATABASE_URL is not set.");
process.exit(failed ? 1 : 0);

async function run(names: string[]): Promise<Result[]> {
  const mocha = new Mocha({
    reporter: list ? class extends Mocha.reporters.Base {} : Reporter,
    // Reading which tests there are takes one process; running them in turn would take the whole suite's time.
    ...(list ? { dryRun: true } : { parallel: true, jobs: 2 }),
    timeout: 60_000,
    forbidOnly: true,
    forbidPending: true,
  });
  for (const name of names) mocha.addFile(pathOf(name));
  if (list) await mocha.loadFilesAsync();
  const results: Result[] = [];
  const note = (failed: boolean) => (test: Mocha.Test) => {
    const file = names.find((name) => test.file === pathOf(name)) ?? "";
    results.push({ file, title: test.fullTitle(), failed });
  };
  await new Promise<void>((done) => {
    mocha
      .run(() => done())
      .on("pass", note(false))
      .on("fail", note(true));
  });
  return results;
}

/** Prints the requirement with its tests. @returns whether a test failed or there is none */
function report({ id, requirement, tests, left }: Requirement, results: Result[], strays: Set<Result>): boolean {
  const ran = new Set<Result>();
  const problems: string[] = [];
  for (const [file, titles] of Object.entries(tests)) {
    if (process.env["TEST_DATABASE"] === "postgres" && file.startsWith("browser/")) continue;
    for (const title of titles.length > 0 ? titles : [""]) {
      const found = results.filter((result) => result.file === file && result.title.includes(title));
      if (found.length === 0) problems.push(`no test "${title}" in test/${file}.test.ts`);
      for (const result of found) ran.add(result);
    }
  }
  if (ran.size === 0) problems.push("no test");
  const failures = [...ran].filter((result) => result.failed);
  for (const failure of failures) strays.delete(failure);
  const bad = failures.length > 0 || problems.length > 0;
  const count = list ? `${ran.size} tests` : `${ran.size - failures.length} passed, ${failures.length} failed`;
  console.log(`\n${bad ? "FAILED  " : ""}${id}: ${requirement} (${count})`);
  for (const result of ran) console.log(`  ${result.failed ? "FAILED " : list ? "-" : "passed"} ${result.title}`);
  for (const problem of problems) console.log(`  FAILED ${problem}`);
  if (left !== undefined) console.log(`  not shown: ${left}`);
  return bad;
}
