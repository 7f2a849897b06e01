import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // When an administrator last declined the guest's request to be erased, and why, for the guest to read.
  await db.schema.alterTable("guests", (table) => {
    table.bigInteger("erasure_declined_at");
    table.text("erasure_declined_why");
  });
}
