import { createRequire } from "node:module";
import { Command } from "commander";

const { version } = createRequire(import.meta.url)("guestpass/package.json") as { version: string };

/** By name, in the order of the help. Each is loaded when it is asked for: a server starts a tenth sooner without the others. */
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import("./serve.ts")).serveCommand(),
  app: async () => (await import("./app.ts")).appCommands(),
  guest: async () => (await import("./guest.ts")).guestCommands(),
  alias: async () => (await import("./alias.ts")).aliasCommands(),
  invite: async () => (await import("./invite.ts")).inviteCommands(),
  import: async () => (await import("./import.ts")).importCommands(),
  export: async () => (await import("./export.ts")).exportCommands(),
  session: async () => (await import("./session.ts")).sessionCommands(),
  settings: async () => (await import("./settings.ts")).settingsCommands(),
  policy: async () => (await import("./policy.ts")).policyCommands(),
  audit: async () => (await import("./audit.ts")).auditCommands(),
  token: async () => (await import("./token.ts")).tokenCommand(),
  mail: async () => (await import("./mail.ts")).mailCommands(),
  doctor: async () => (await import("./doctor.ts")).doctorCommand(),
};

/**
 * What `guestpass` can do. docs/cli.md describes it.
 * @param name the one command that is wanted; all of them where there is none of that name
 */
export async function guestpassCommand(name = ""): Promise<Command> {
  const program = new Command("guestpass")
    .description("An OpenID Connect provider for guests. Settings come from the environment: see docs/configuration.md.")
    .version(version, "--version", "print the version")
    .showHelpAfterError("(guestpass --help shows what there is)");
  const wanted = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  for (const each of wanted) program.addCommand(await (commands[each] as () => Promise<Command>)());
  return program;
}
