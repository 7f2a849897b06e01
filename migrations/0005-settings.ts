import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("settings", (table) => {
    table.text("name").primary();
    table.text("value").notNullable();
    table.bigInteger("updated_at").notNullable();
  });
}
