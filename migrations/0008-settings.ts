import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("settings", (table) => {
    table.text("name").primary();
    table.text("value").notNullable();
    table.bigInteger("updated_at").notNullable();
  });
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
  // What rate-limiter-flexible counts, on PostgreSQL: all instances count together.
  await db.schema.createTable("rate_limits", (table) => {
    table.text("key").primary();
    table.integer("points").notNullable();
    table.bigInteger("expire").index();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable("rate_limits");
  await db.schema.dropTable("idempotency_keys");
  await db.schema.dropTable("settings");
}
