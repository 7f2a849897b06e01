#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Starting takes a third less with what was compiled last time. It lies with the program, whose files only its owner can write:
// a directory that others share would let them plant code. Where it cannot be written, nothing is kept.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/guestpass", import.meta.url)));
const { InputError } = await import("../errors.ts");
const { guestpassCommand } = await import("./commands.ts");

try {
  await (await guestpassCommand(process.argv[2])).parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
