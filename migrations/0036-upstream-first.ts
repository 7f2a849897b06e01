import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable("upstream_providers", (table) => {
    /** A JSON array: those of its domains where it comes before other providers. */
    table.text("first_for").notNullable().defaultTo("[]");
  });
}
