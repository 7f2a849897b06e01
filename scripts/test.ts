// npm test: the whole suite on SQLite, and once more on PostgreSQL where TEST_DATABASE_URL names one.
import { spawnSync } from "node:child_process";

const databases = ["sqlite", ...(process.env["TEST_DATABASE_URL"] ? ["postgres"] : [])];
let failed = false;
for (const database of databases) {
  console.log(`\n=== on ${database} ===`);
  const { status } = spawnSync("mocha", process.argv.slice(2), {
    stdio: "inherit",
    shell: true,
    env: { ...process.env, TEST_DATABASE: database },
  });
  failed ||= status !== 0;
}
if (databases.length === 1) console.log("PostgreSQL was not tested: TEST_DATABASE_URL is not set.");
process.exit(failed ? 1 : 0);
