import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("outbox", (table) => {
    table.text("id").primary();
    table.text("kind").notNullable();
    // What the mail is about, in the words of whoever enqueued it (a passcode's id).
    table.text("subject_id");
    table.text("recipient").notNullable();
    // Subject, text and HTML as JSON; blanked once the mail is out of our hands.
    table.text("content").notNullable();
    table.text("message_id").notNullable();
    table.text("state").notNullable();
    table.integer("attempts").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("next_attempt_at").notNullable();
    table.bigInteger("expires_at").notNullable();
    table.bigInteger("leased_until").notNullable();
    table.text("leased_by");
    table.bigInteger("settled_at");
    table.text("last_reply");
  });
  await db.raw("CREATE INDEX outbox_waiting ON outbox (next_attempt_at) WHERE state = 'queued'");
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable("outbox");
}
