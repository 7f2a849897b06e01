#!/usr/bin/env node
import { InputError } from "../errors.ts";
import { guestpassCommand } from "./commands.ts";

try {
  await guestpassCommand().parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
