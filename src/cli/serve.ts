import cluster from "node:cluster";
import { Command } from "commander";
import { readConfig } from "../configuration/config.ts";
import { toCount } from "./options.ts";

export function serveCommand(): Command {
  return new Command("serve")
    .description("start the provider (in development mode, with its own mailbox, if the issuer is on loopback)")
    .option("--workers <count>", "how many processes to run on one port (PostgreSQL only)", toCount)
    .addHelpText("after", "\nExample:\n  GUESTPASS_ISSUER=https://guests.example.com guestpass serve")
    .action(async ({ workers }: { workers?: number }) => {
      const config = readConfig();
      // Each process loads what it needs and no more.
      if (workers !== undefined && cluster.isPrimary) return (await import("../workers.ts")).serveByWorkers(config, workers);
      try {
        await (await import("../main.ts")).serve(config);
      } catch (error) {
        // A worker that cannot start would be kept alive by its connection to the process that started it.
        cluster.worker?.disconnect();
        throw error;
      }
    });
}
