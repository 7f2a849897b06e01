import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // The address that a guest removed, for as long as it can be brought back.
  await db.schema.alterTable("address_changes", (table) => {
    table.text("address");
  });
}
