import { Command } from "commander";
import { version } from "../version.ts";

/** By name, in the order of the help. Each is loaded when needed: a server starts a tenth sooner without the others. */
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import("./serve.ts")).serveCommand(),
  migrate: async () => (await import("./migrate.ts")).migrateCommand(),
  app: async () => (await import("./app.ts")).appCommands(),
  guest: async () => (await import("./guest.ts")).guestCommands(),
  alias: async () => (await import("./alias.ts")).aliasCommands(),
  invite: async () => (await import("./invite.ts")).inviteCommands(),
  import: async () => (await import("./import.ts")).importCommands(),
  export: async () => (await import("./export.ts")).exportCommands(),
  session: async () => (await import("./session.ts")).sessionCommands(),
  job: async () => (await import("./job.ts")).jobCommands(),
  passkey: async () => (await import("./passkey.ts")).passkeyCommands(),
  upstream: async () => (await import("./upstream.ts")).upstreamCommands(),
  settings: async () => (await import("./settings.ts")).settingsCommands(),
  policy: async () => (await import("./policy.ts")).policyCommands(),
  audit: async () => (await import("./audit.ts")).auditCommands(),
  admin: async () => (await import("./admin.ts")).adminCommands(),
  secrets: async () => (await import("./secrets.ts")).secretsCommands(),
  keys: async () => (await import("./keys.ts")).keysCommands(),
  token: async () => (await import("./token.ts")).tokenCommand(),
  backup: async () => (await import("./backup.ts")).backupCommand(),
  copy: async () => (await import("./backup.ts")).copyCommand(),
  mail: async () => (await import("./mail.ts")).mailCommands(),
  doctor: async () => (await import("./doctor.ts")).doctorCommand(),
};

/**
 * The commands of `guestpass`. docs/cli.md describes them.
 * @param name the one command to load; all of them if none has that name
 */
export async function guestpassCommand(name = ""): Promise<Command> {
  const program = new Command("guestpass")
    .description("An OpenID Connect provider for guests. Settings come from the environment: see docs/configuration.md.")
    .version(version, "--version", "print the version")
    .showHelpAfterError("(guestpass --help lists the commands)");
  const wanted = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  for (const each of wanted) program.addCommand(await (commands[each] as () => Promise<Command>)());
  return program;
}
