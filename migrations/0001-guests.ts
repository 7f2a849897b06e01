import type { Knex } from "knex";

// Times are milliseconds since the Unix epoch (bigint).
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("guests", (table) => {
    table.text("sub").primary();
    table.text("state").notNullable();
    table.text("name");
    table.text("given_name");
    table.text("family_name");
    table.text("locale");
    table.text("suspended_reason");
    table.text("notes");
    table.text("external_id").index();
    // Past this moment the guest is as good as suspended.
    table.bigInteger("expires_at");
    table.double("reverification_days");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
    table.index(["created_at", "sub"]);
    table.index(["state", "created_at", "sub"]);
  });
  await db.schema.createTable("mailboxes", (table) => {
    table.text("id").primary();
    table.text("guest_sub").notNullable().references("guests.sub").onDelete("CASCADE").index();
    table.bigInteger("verified_at");
    // Keyed hashes of the networks that the mailbox was last proven from: 16 digits and a space each.
    table.text("networks").notNullable().defaultTo("");
    // Mail was refused for good since a code last came back from there: since when, how often, and why the last time. Empty if none was.
    table.bigInteger("undeliverable_since");
    table.integer("refusals").notNullable().defaultTo(0);
    table.text("refusal_status");
    table.text("refusal_reason");
    // Of the refusals, those that count towards suspending the guest.
    table.integer("counted_refusals").notNullable().defaultTo(0);
  });
  await db.raw("CREATE INDEX mailboxes_undeliverable ON mailboxes (guest_sub) WHERE undeliverable_since IS NOT NULL");
  // The refusals of the last two days: what a wave of them caused is taken back, and one a day counts.
  await db.schema.createTable("mailbox_refusals", (table) => {
    table.increments("id");
    table.text("mailbox_id").notNullable().references("mailboxes.id").onDelete("CASCADE");
    table.bigInteger("at").notNullable().index();
    // The server and the gist of its words, hashed.
    table.text("wave").notNullable();
    table.integer("counted").notNullable();
    // The reason with which the guest was suspended for it, or empty.
    table.text("suspended_as");
    // When administrators are told of it if no wave has come by then, or empty.
    table.bigInteger("tell_at");
    table.index(["mailbox_id", "at"]);
    table.index(["wave", "at"]);
  });
  await db.raw("CREATE INDEX mailbox_refusals_to_tell ON mailbox_refusals (tell_at) WHERE tell_at IS NOT NULL");
  // Servers that refused something, by wave; until when such a refusal says nothing against a mailbox.
  await db.schema.createTable("refusal_waves", (table) => {
    table.text("wave").primary();
    table.bigInteger("seen_at").notNullable().index();
    table.bigInteger("ends_at").notNullable();
  });
  await db.schema.createTable("aliases", (table) => {
    table.increments("id");
    table.text("address_key").notNullable().unique();
    table.text("address").notNullable();
    table.text("domain").notNullable();
    // Address and name in lower case: what the directory is searched by.
    table.text("search_text").notNullable();
    table.text("guest_sub").notNullable().references("guests.sub").onDelete("CASCADE").index();
    table.text("mailbox_id").notNullable().references("mailboxes.id").index();
    table.integer("is_primary").notNullable();
    table.bigInteger("created_at").notNullable();
    // Copied from the guest, so that a filtered page of the directory is read in the order of an index.
    table.bigInteger("guest_created_at").notNullable().defaultTo(0);
    table.index(["domain", "guest_created_at", "guest_sub"]);
  });
  await db.raw("CREATE UNIQUE INDEX aliases_one_primary ON aliases (guest_sub) WHERE is_primary = 1");
  // A merged-away sub answers with the survivor.
  await db.schema.createTable("merged_guests", (table) => {
    table.text("lost_sub").primary();
    table.text("sub").notNullable().references("guests.sub").onDelete("CASCADE").index();
    table.bigInteger("merged_at").notNullable();
  });
  if (db.client.config.client === "sqlite3") await searchOnSqlite(db);
  else await searchOnPostgres(db);
}

/**
 * Trigrams find a part of an address or name among a million in milliseconds. The table is not `contentless_delete`: that only marks
 * what is deleted and keeps its trigrams until a later merge, so that an erased address could be read from them. With `secure-delete`
 * they are gone at once, and each deletion has to say what was there.
 */
async function searchOnSqlite(db: Knex): Promise<void> {
  await db.raw("CREATE VIRTUAL TABLE alias_search USING fts5 (search_text, content = '', tokenize = 'trigram')");
  await db.raw("INSERT INTO alias_search (alias_search, rank) VALUES ('secure-delete', 1)");
}

async function searchOnPostgres(db: Knex): Promise<void> {
  // Finds the beginning of an address, whatever language the database sorts by.
  await db.raw("CREATE INDEX aliases_address_prefix ON aliases (address_key text_pattern_ops)");
  // Without the right to create the extension, search by prefix still works. The savepoint keeps that refusal from undoing the rest.
  await db.transaction((savepoint) => savepoint.raw("CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public")).catch(() => undefined);
  const { rows } = await db.raw(
    "SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm'",
  );
  if (rows.length > 0) await db.raw(`CREATE INDEX aliases_search ON aliases USING gin (search_text "${rows[0].nspname}".gin_trgm_ops)`);
}
