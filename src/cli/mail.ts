import { Command } from "commander";
import { dkimKeyCommand } from "./dkim-key.ts";
import { listCommand, retryCommand, showCommand } from "./mail-outbox.ts";
import { previewCommand } from "./mail-preview.ts";
import { routesCommand, testCommand } from "./mail-routes.ts";

export function mailCommands(): Command {
  const mail = new Command("mail").description("mails and mail routes");
  const commands = [listCommand(), showCommand(), retryCommand(), routesCommand(), testCommand(), dkimKeyCommand(), previewCommand()];
  for (const command of commands) mail.addCommand(command);
  return mail;
}
