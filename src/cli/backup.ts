import { Command } from "commander";
import { Audit } from "../audit/audit.ts";
import { systemClock } from "../clock.ts";
import { readConfig } from "../configuration/config.ts";
import { backUp, dumpCommand } from "../database/backup.ts";
import { copyDatabase } from "../database/copy.ts";
import { openDatabase } from "../database/database.ts";
import { InputError } from "../errors.ts";
import { deriveSecrets } from "../secrets.ts";
import { counted } from "../texts/in-words.ts";
import { jsonOption } from "./options.ts";
import { type Format, printRows } from "./output.ts";

export function backupCommand(): Command {
  return new Command("backup")
    .description("write the database to a file while servers run (for PostgreSQL: print the pg_dump command)")
    .argument("<file>", "readable only by you; an existing file is replaced when the new one is complete")
    .addHelpText("after", "\nExample:\n  guestpass backup /backup/guestpass.db")
    .action(backup);
}

export function copyCommand(): Command {
  return new Command("copy")
    .description("move from SQLite to PostgreSQL: copy everything into an empty database")
    .requiredOption("--to <url>", "postgres://...; a password is better in PGPASSWORD")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass copy --to postgres://guestpass@db.internal/guestpass")
    .action(copy);
}

async function backup(file: string): Promise<void> {
  const { database } = readConfig();
  if (!database.url.startsWith("sqlite:")) {
    console.log(dumpCommand(database.url, file));
    throw new InputError("Nothing is backed up yet: PostgreSQL has its own tool. Run the command above.");
  }
  const db = openDatabase(database, true);
  try {
    const bytes = await backUp(db, database.url.slice("sqlite:".length), file);
    console.log(
      `The database is in ${file}: ${(bytes / 1e6).toFixed(1)} MB. Keep it apart from GUESTPASS_SECRET, without which nobody can use it.`,
    );
  } finally {
    await db.destroy();
  }
}

async function copy({ to: url, ...format }: Format & { to: string }): Promise<void> {
  const { database, secret } = readConfig();
  if (!database.url.startsWith("sqlite:"))
    throw new InputError("GUESTPASS_DATABASE_URL does not name a SQLite database. Only SQLite databases can be copied.");
  if (!/^postgres(ql)?:\/\//.test(url)) throw new InputError("--to takes the URL of a PostgreSQL database: postgres://...");
  const [from, watch] = [openDatabase(database, true), openDatabase(database, true)];
  const to = openDatabase({ ...database, url });
  try {
    const copied = await copyDatabase({ from, watch, to });
    const filled = copied.filter(({ rows }) => rows > 0).toSorted((one, other) => (one.table < other.table ? -1 : 1));
    printRows(
      filled.map(({ table, rows }) => ({ table, rows })),
      ["table", "rows"],
      format,
      "There was nothing to copy.",
    );
    const trail = await new Audit({ db: to, clock: systemClock, key: deriveSecrets(secret).audit }).verify();
    if (trail.outcome === "broken")
      throw new InputError(`Everything was copied, but the audit trail is broken at row ${trail.position}: ${trail.why}.`);
    if (!format.json) console.log(`Everything was copied, and the audit trail is intact: ${counted(trail.rows, "row")}.`);
  } finally {
    for (const each of [from, watch, to]) await each.destroy();
  }
}
