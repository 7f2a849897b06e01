import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // Answers to creates that carried an Idempotency-Key, for a day.
  await db.schema.createTable("idempotency_keys", (table) => {
    table.text("client_id").notNullable();
    table.text("key").notNullable();
    table.text("request_hash").notNullable();
    table.integer("status");
    table.text("answer");
    table.bigInteger("created_at").notNullable().index();
    table.primary(["client_id", "key"]);
  });
}
