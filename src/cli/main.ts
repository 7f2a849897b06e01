#!/usr/bin/env node
import { Command } from "commander";
import { InputError } from "../errors.ts";
import { appCommands } from "./app.ts";
import { doctorCommand } from "./doctor.ts";
import { guestCommands } from "./guest.ts";
import { mailCommands } from "./mail.ts";
import { serveCommand } from "./serve.ts";

const program = new Command("guestpass")
  .description("An OpenID Connect provider for guests. Settings come from the environment: see docs/configuration.md.")
  .showHelpAfterError("(guestpass --help shows what there is)");
for (const command of [serveCommand(), appCommands(), guestCommands(), mailCommands(), doctorCommand()]) program.addCommand(command);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
