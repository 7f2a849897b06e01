import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // What administrators were told, and when last: the same is not told again the same day, and not too much in one.
  await db.schema.createTable("alerts", (table) => {
    table.text("subject").primary();
    table.bigInteger("alerted_at").notNullable().index();
  });
  await db.raw("CREATE INDEX outbox_parked ON outbox (settled_at) WHERE state = 'parked'");
}

export async function down(db: Knex): Promise<void> {
  await db.raw("DROP INDEX outbox_parked");
  await db.schema.dropTable("alerts");
}
