import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // One row: the oldest version of Guestpass that can work with this schema, and the version that changed it last.
  await db.schema.createTable("schema_contract", (table) => {
    table.integer("id").primary();
    table.text("oldest_version").notNullable();
    table.text("migrated_by").notNullable();
  });
}
