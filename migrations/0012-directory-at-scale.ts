import type { Knex } from "knex";

/**
 * A page of the directory takes as long among a million guests as among a thousand: each filter has an index in the order of the
 * list, for which aliases and invitations know when their guest was recorded.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable("guests", (table) => table.index(["state", "created_at", "sub"]));
  for (const name of ["aliases", "invitations"]) {
    await db.schema.alterTable(name, (table) => table.bigInteger("guest_created_at").notNullable().defaultTo(0));
    await db.raw(`UPDATE ${name} SET guest_created_at = (SELECT created_at FROM guests WHERE sub = guest_sub)`);
  }
  await db.schema.alterTable("aliases", (table) => {
    table.dropIndex(["domain"]);
    table.index(["domain", "guest_created_at", "guest_sub"]);
  });
  await db.schema.alterTable("invitations", (table) => {
    table.dropIndex(["sponsor_email"]);
    table.index(["sponsor_email", "guest_created_at", "guest_sub"]);
    table.index(["client_id", "guest_created_at", "guest_sub"]);
    table.index(["created_at", "id"]);
  });
  // The beginning of an address, whatever language the database sorts by.
  if (!isEmbedded(db)) await db.raw("CREATE INDEX aliases_address_prefix ON aliases (address_key text_pattern_ops)");
}

export async function down(db: Knex): Promise<void> {
  if (!isEmbedded(db)) await db.raw("DROP INDEX aliases_address_prefix");
  await db.schema.alterTable("invitations", (table) => {
    table.dropIndex(["created_at", "id"]);
    table.dropIndex(["client_id", "guest_created_at", "guest_sub"]);
    table.dropIndex(["sponsor_email", "guest_created_at", "guest_sub"]);
    table.index(["sponsor_email"]);
    table.dropColumn("guest_created_at");
  });
  await db.schema.alterTable("aliases", (table) => {
    table.dropIndex(["domain", "guest_created_at", "guest_sub"]);
    table.index(["domain"]);
    table.dropColumn("guest_created_at");
  });
  await db.schema.alterTable("guests", (table) => table.dropIndex(["state", "created_at", "sub"]));
}

const isEmbedded = (db: Knex) => db.client.config.client === "sqlite3";
