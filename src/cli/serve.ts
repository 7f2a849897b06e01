import { Command } from "commander";
import { readConfig } from "../config.ts";
import { serve } from "../main.ts";

export function serveCommand(): Command {
  return new Command("serve")
    .description("start the provider (with a loopback issuer: in development mode, with a mailbox of its own)")
    .addHelpText("after", "\nExample:\n  GUESTPASS_ISSUER=https://guests.example.com guestpass serve")
    .action(() => serve(readConfig()));
}
