#!/usr/bin/env node
import module from "node:module";
import { fileURLToPath } from "node:url";

// Nothing else is loaded before this: an older Node.js would end with a stack trace about the first thing that it lacks.
const { engines } = module.createRequire(import.meta.url)("guestpass/package.json") as { engines: { node: string } };
const needed = engines.node.replace(">=", "");
if (isOlder(process.versions.node, needed)) {
  console.error(`Guestpass needs Node.js ${needed} or later; this is Node.js ${process.versions.node}.`);
  process.exit(1);
}

// A compile cache makes starting a third faster. It is kept beside the program, whose files only its owner can write:
// a shared directory would let others plant code. If it cannot be written, nothing is kept.
module.enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/guestpass", import.meta.url)));
const { runGuestpass } = await import("./run.ts");
// A command may have set one of its own.
process.exitCode = (await runGuestpass(process.argv.slice(2))) || process.exitCode;

/** Compares the first two numbers of the versions. */
function isOlder(version: string, than: string): boolean {
  const [[major = 0, minor = 0] = [], [neededMajor = 0, neededMinor = 0] = []] = [version, than].map((each) => each.split(".").map(Number));
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}
