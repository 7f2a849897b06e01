import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable("outbox", (table) => {
    // 0 is sent first.
    table.integer("priority").notNullable().defaultTo(0);
    // The last attempt that has an end, with last_reply; the ones before it are in outbox_attempts.
    table.integer("last_attempt");
    table.bigInteger("last_at");
    table.text("last_route");
    table.text("last_outcome");
    table.integer("last_ms");
  });
  await db.raw("DROP INDEX outbox_waiting");
  await db.raw("CREATE INDEX outbox_waiting ON outbox (priority, next_attempt_at) WHERE state = 'queued'");
  await db.schema.createTable("outbox_attempts", (table) => {
    table.text("mail_id").notNullable().references("id").inTable("outbox").onDelete("CASCADE");
    table.integer("attempt").notNullable();
    table.bigInteger("at").notNullable();
    // Empty where the process that tried ended before it could say.
    table.text("route");
    table.text("outcome").notNullable();
    table.text("reply");
    table.integer("duration_ms");
    table.primary(["mail_id", "attempt"]);
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable("outbox_attempts");
  await db.raw("DROP INDEX outbox_waiting");
  await db.schema.alterTable("outbox", (table) => {
    table.dropColumns("priority", "last_attempt", "last_at", "last_route", "last_outcome", "last_ms");
  });
  await db.raw("CREATE INDEX outbox_waiting ON outbox (next_attempt_at) WHERE state = 'queued'");
}
