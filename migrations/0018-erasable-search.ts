import type { Knex } from "knex";

/**
 * A contentless_delete table of FTS5 only marks what is deleted, and keeps its trigrams until some later merge: an erased address could be
 * read from them. Without it, who deletes says what was there, and secure-delete takes it out at once.
 */
export async function up(db: Knex): Promise<void> {
  if (!isEmbedded(db)) return;
  await make(db, "content = ''");
  await db.raw("INSERT INTO alias_search (alias_search, rank) VALUES ('secure-delete', 1)");
  await fill(db);
}

export async function down(db: Knex): Promise<void> {
  if (!isEmbedded(db)) return;
  await make(db, "content = '', contentless_delete = 1");
  await fill(db);
}

async function make(db: Knex, options: string): Promise<void> {
  await db.raw("DROP TABLE alias_search");
  await db.raw(`CREATE VIRTUAL TABLE alias_search USING fts5 (search_text, ${options}, tokenize = 'trigram')`);
}

async function fill(db: Knex): Promise<void> {
  await db.raw("INSERT INTO alias_search (rowid, search_text) SELECT id, search_text FROM aliases");
}

const isEmbedded = (db: Knex) => db.client.config.client === "sqlite3";
