import { Command } from "commander";
import { aliasCommands } from "./alias.ts";
import { appCommands } from "./app.ts";
import { auditCommands } from "./audit.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommands } from "./export.ts";
import { guestCommands } from "./guest.ts";
import { importCommands } from "./import.ts";
import { inviteCommands } from "./invite.ts";
import { mailCommands } from "./mail.ts";
import { policyCommands } from "./policy.ts";
import { serveCommand } from "./serve.ts";
import { sessionCommands } from "./session.ts";
import { settingsCommands } from "./settings.ts";
import { tokenCommand } from "./token.ts";

/** Everything that `guestpass` can do. docs/cli.md describes it. */
export function guestpassCommand(): Command {
  const program = new Command("guestpass")
    .description("An OpenID Connect provider for guests. Settings come from the environment: see docs/configuration.md.")
    .showHelpAfterError("(guestpass --help shows what there is)");
  const commands = [
    serveCommand(),
    appCommands(),
    guestCommands(),
    aliasCommands(),
    inviteCommands(),
    importCommands(),
    exportCommands(),
    sessionCommands(),
    settingsCommands(),
    policyCommands(),
    auditCommands(),
    tokenCommand(),
    mailCommands(),
    doctorCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return program;
}
