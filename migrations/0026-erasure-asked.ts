import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // When the guest asked to be erased; empty if none did.
  await db.schema.alterTable("guests", (table) => {
    table.bigInteger("erasure_asked_at");
  });
  await db.raw("CREATE INDEX guests_erasure_asked ON guests (sub) WHERE erasure_asked_at IS NOT NULL");
}
