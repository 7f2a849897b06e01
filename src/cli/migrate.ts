import { Command } from "commander";
import { readConfig } from "../configuration/config.ts";
import { openDatabase } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("create the tables of a new database, or update those of an older version; servers may keep running")
    .addHelpText("after", "\nExample:\n  guestpass migrate")
    .action(async () => {
      const db = openDatabase(readConfig().database);
      try {
        const ran = await migrate(db);
        console.log(ran.length === 0 ? "The database is up to date." : `The database is now up to date: ${ran.join(", ")}.`);
      } finally {
        await db.destroy();
      }
    });
}
