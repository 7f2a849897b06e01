// Proves the package: packed here, installed in an empty folder, it starts there with nothing but its defaults and stops cleanly, and
// guestpass/testing serves a relying application's test, with its types.
import { strictEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../test/support/guestpass.ts";
import { run, whileRunning } from "./program.ts";

const mostBytes = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "guestpass-package-"));
try {
  await provePackage(pack(folder), join(folder, "empty"));
  proveTestKit(join(folder, "empty"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the tarball */
function pack(into: string): string {
  run(`npm pack --loglevel=warn --pack-destination ${into}`, { cwd: "." });
  const tarball = join(into, readdirSync(into)[0] as string);
  const files = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" }).trim().split("\n");
  const expected =
    /^package\/(dist\/(src|interactions|migrations|config)\/.+\.js|dist\/src\/testing\/[^/]+\.d\.ts|docs\/.+\.md|[A-Z]+(\.md)?|package\.json)$/;
  const strangers = files.filter((file) => !expected.test(file) || file.includes(".test."));
  if (strangers.length > 0) throw new Error(`These do not belong in the package: ${strangers.join(", ")}`);
  const { size } = statSync(tarball);
  if (size > mostBytes) throw new Error(`The package has ${size} bytes, more than ${mostBytes}.`);
  console.log(`${files.length} files, ${Math.round(size / 1024)} KiB`);
  return tarball;
}

async function provePackage(tarball: string, cwd: string): Promise<void> {
  mkdirSync(cwd);
  run("npm init -y --loglevel=warn", { cwd });
  run("npm pkg set allowScripts.sqlite3=true --json", { cwd });
  run(`npm install ${tarball}`, { cwd });
  const issuer = `http://localhost:${await freePort()}`;
  const place = { cwd, env: { GUESTPASS_ISSUER: issuer, GUESTPASS_DEVELOPMENT_SMTP_PORT: String(await freePort()) } };
  await whileRunning("npx guestpass serve", place, async (program) => {
    const discovery = JSON.parse(await program.answer(`${issuer}/.well-known/openid-configuration`)) as { issuer: string };
    strictEqual(discovery.issuer, issuer);
    await program.answer(`${issuer}/readyz`);
    await program.answer(`${issuer}/development/mailbox`);
    run("npx guestpass doctor", place);
  });
  // npx does not pass its program's exit code on when a signal ends it; this does.
  const code = await whileRunning(join(cwd, "node_modules/.bin/guestpass serve"), place, async (program) => {
    await program.answer(`${issuer}/healthz`);
  });
  strictEqual(code, 0, "SIGTERM must end guestpass serve with exit code 0");
  console.log("The package starts in an empty folder, and stops.");
}

/** The declarations are checked too: an application may have `skipLibCheck` off. Its @types/node are ours here. */
function proveTestKit(cwd: string): void {
  copyFileSync(new URL("consumer.ts", import.meta.url), join(cwd, "consumer.mts"));
  const types = `--types node --typeRoots ${resolve("node_modules/@types")}`;
  const compiler = resolve("node_modules/.bin/tsc");
  run(`${compiler} --noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2023 ${types} consumer.mts`, { cwd });
  run("node consumer.mts", { cwd });
}
