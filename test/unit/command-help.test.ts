import { expect } from "chai";
import type { Command } from "commander";
import { guestpassCommand } from "../../src/cli/commands.ts";

const program = await guestpassCommand();

describe("guestpass --help", () => {
  for (const { path, command } of commandsOf(program)) {
    it(`explains ${path}, with an example`, () => {
      const help = helpOf(command);
      expect(command.description()).to.not.equal("");
      expect(help).to.match(new RegExp(`Examples?:\\n.*guestpass (.* )?${command.name()}\\b`));
    });
  }
});

/** Commands that do something; a group does nothing by itself. */
function commandsOf(command: Command, above: string[] = []): { path: string; command: Command }[] {
  const path = [...above, command.name()];
  if (command.commands.length === 0) return [{ path: path.join(" "), command }];
  return command.commands.flatMap((sub) => commandsOf(sub, path));
}

function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}
