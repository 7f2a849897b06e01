import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import { migrations, oldestVersion } from "../../migrations/index.ts";
import { InputError } from "../errors.ts";
import { version } from "../version.ts";
import { isEmbedded } from "./database.ts";
import { requireReachable } from "./reachable.ts";
import { missingMigrations } from "./schema.ts";

/**
 * How long (milliseconds) a change of the schema waits for a table that others use; everyone behind it waits as long. It is much less than
 * PostgreSQL's deadlock_timeout of a second: if this and a guest's request wait for each other, this gives way, not the request.
 */
const lockPatience = 250;
const pause = 1000;
/** For about a minute and a half. */
const mostAttempts = 75;

/**
 * Brings the schema up to date, while others work with it. Safe to call from several processes at once: they wait for one another.
 * @returns the migrations that it ran
 * @throws InputError if the database does not answer, does not let its schema be changed, or is of a newer version
 */
export async function migrate(db: Knex): Promise<string[]> {
  await requireReachable(db);
  for (let attempt = 1; ; attempt++) {
    if ((await missingMigrations(db)).length === 0) return [];
    try {
      return await inOneTransaction(db);
    } catch (cause) {
      if (attempt < mostAttempts && isInUse(cause)) await wait(pause);
      else throw refusal(cause as Error);
    }
  }
}

/** knex's own lock makes a second process fail instead of wait; and it begins with a read, after which SQLite lets nobody wait. */
function inOneTransaction(db: Knex): Promise<string[]> {
  return db.transaction(async (trx) => {
    if (isEmbedded(db)) {
      await trx.raw("PRAGMA user_version = 1");
    } else {
      await trx.raw("SET LOCAL lock_timeout = 0");
      await trx.raw("SET LOCAL statement_timeout = 0");
      await trx.raw("SELECT pg_advisory_xact_lock(71238)");
      await trx.raw(`SET LOCAL lock_timeout = ${lockPatience}`);
    }
    const missing = await missingMigrations(trx);
    if (missing.length === 0) return [];
    await trx.migrate.latest({ migrationSource: migrations });
    await trx("schema_contract").insert({ id: 1, oldest_version: oldestVersion, migrated_by: version }).onConflict("id").merge();
    return missing;
  });
}

/** SQLSTATE: a lock was not available in time, or each waited for the other. */
function isInUse(cause: unknown): boolean {
  return ["55P03", "40P01"].includes((cause as { code?: string }).code ?? "");
}

function refusal(cause: Error): InputError {
  if (cause instanceof InputError) return cause;
  // knex puts the statement before the database's message.
  const said = cause.message.split(" - ").at(-1);
  return new InputError(`The database cannot be updated: ${said}. GUESTPASS_DATABASE_URL says where it is.`, { cause });
}
