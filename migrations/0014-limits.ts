import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // One row for each thing that is counted: how often it was done since the row began, and when it begins anew.
  await db.schema.createTable("limits", (table) => {
    table.text("counter").primary();
    table.integer("uses").notNullable();
    table.integer("most").notNullable();
    table.bigInteger("resets_at").notNullable().index();
  });
  await db.schema.dropTable("rate_limits");
  // Keyed hashes of the networks that the mailbox was last proven from: 16 digits and a space each.
  await db.schema.alterTable("mailboxes", (table) => {
    table.text("networks").notNullable().defaultTo("");
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable("mailboxes", (table) => table.dropColumn("networks"));
  await db.schema.createTable("rate_limits", (table) => {
    table.string("key").primary();
    table.integer("points").notNullable();
    table.bigInteger("expire");
  });
  await db.schema.dropTable("limits");
}
