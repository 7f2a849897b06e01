// Which secrets each running instance knows, by their names: the database is not written under one that an instance lacks.
import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable("outbox_instances", (table) => {
    // Separated by blanks. Empty for an instance of the version before.
    table.text("secrets");
  });
}
