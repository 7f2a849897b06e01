import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // Where an application is told what happens to its guests. One for each.
  await db.schema.createTable("webhooks", (table) => {
    table.text("client_id").primary();
    table.text("url").notNullable();
    table.text("state").notNullable();
    // Why it is disabled, in words.
    table.text("disabled_because");
    // JWE under the master key.
    table.text("sealed_secret").notNullable();
    table.text("previous_secret");
    table.bigInteger("previous_until");
    // It gets events with a later place in the audit trail.
    table.bigInteger("since").notNullable();
    // The number of the last event that was queued for it.
    table.bigInteger("last_number").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
  });
  await db.schema.createTable("webhook_deliveries", (table) => {
    table.text("id").primary();
    table.text("client_id").notNullable();
    table.text("event").notNullable();
    table.text("type").notNullable();
    table.bigInteger("number").notNullable();
    // The posted JSON. It holds only identifiers.
    table.text("body").notNullable();
    table.text("state").notNullable();
    table.integer("attempts").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("next_attempt_at").notNullable();
    table.bigInteger("leased_until").notNullable();
    table.text("leased_by");
    table.bigInteger("settled_at").index();
    table.text("last_error");
    table.unique(["client_id", "event"]);
  });
  await db.raw("CREATE INDEX webhook_deliveries_open ON webhook_deliveries (created_at, id) WHERE state IN ('queued', 'given-up')");
  await db.raw("CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (next_attempt_at) WHERE state = 'queued'");
  // How far the trail has been looked through for webhooks.
  await db.schema.createTable("webhook_place", (table) => {
    table.integer("id").primary();
    table.bigInteger("position").notNullable();
  });
  await db("webhook_place").insert({ id: 1, position: 0 });
}
