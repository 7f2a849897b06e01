import type { Knex } from "knex";

/** The directory is searched by part of an address or name: trigrams make that a matter of milliseconds among a million. */
export async function up(db: Knex): Promise<void> {
  if (db.client.config.client === "sqlite3") {
    await db.raw("CREATE VIRTUAL TABLE alias_search USING fts5 (search_text, content = '', contentless_delete = 1, tokenize = 'trigram')");
    return;
  }
  // Where the extension may not be made, search by prefix still works; the savepoint keeps the refusal from undoing the rest.
  await db.transaction((savepoint) => savepoint.raw("CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public")).catch(() => undefined);
  const { rows } = await db.raw(
    "SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm'",
  );
  if (rows.length > 0) await db.raw(`CREATE INDEX aliases_search ON aliases USING gin (search_text "${rows[0].nspname}".gin_trgm_ops)`);
}

export async function down(db: Knex): Promise<void> {
  if (db.client.config.client === "sqlite3") await db.raw("DROP TABLE alias_search");
  else await db.raw("DROP INDEX IF EXISTS aliases_search");
}
