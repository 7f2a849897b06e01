import { Command } from "commander";
import { appCommands } from "./app.ts";
import { doctorCommand } from "./doctor.ts";
import { guestCommands } from "./guest.ts";
import { mailCommands } from "./mail.ts";
import { serveCommand } from "./serve.ts";

/** Everything that `guestpass` can do. docs/cli.md describes it. */
export function guestpassCommand(): Command {
  const program = new Command("guestpass")
    .description("An OpenID Connect provider for guests. Settings come from the environment: see docs/configuration.md.")
    .showHelpAfterError("(guestpass --help shows what there is)");
  for (const command of [serveCommand(), appCommands(), guestCommands(), mailCommands(), doctorCommand()]) program.addCommand(command);
  return program;
}
