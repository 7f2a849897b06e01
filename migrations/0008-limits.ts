import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // One row for each thing that is counted: how often it was done since the row began, and when it resets.
  await db.schema.createTable("limits", (table) => {
    table.text("counter").primary();
    table.integer("uses").notNullable();
    table.integer("most").notNullable();
    table.bigInteger("resets_at").notNullable().index();
  });
}
