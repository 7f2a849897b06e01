import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // When administrators were last told of each problem: nothing is repeated within a day, and no mail says too much at once.
  await db.schema.createTable("alerts", (table) => {
    table.text("subject").primary();
    table.bigInteger("alerted_at").notNullable().index();
  });
}
