// What test/system/ needs of Debian, looked for before any of it runs: nothing is skipped where it is missing.
import { existsSync } from "node:fs";

/** Each package, with a file that tells whether it is installed. `.ci/machine` installs them. */
const needed = {
  apache2: "/usr/sbin/apache2",
  "libapache2-mod-auth-openidc": "/usr/lib/apache2/modules/mod_auth_openidc.so",
};

/** Called by mocha before the tests. */
export function mochaGlobalSetup(): void {
  const missing = Object.entries(needed).flatMap(([name, file]) => (existsSync(file) ? [] : name));
  if (missing.length === 0) return;
  console.error(`These tests talk to programs of Debian: run "apt-get install ${missing.join(" ")}" first.`);
  process.exit(1);
}
