import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("outbox", (table) => {
    table.text("id").primary();
    table.text("kind").notNullable();
    table.text("recipient").notNullable();
    // Anybody may have caused it, by typing the address: its refusal suspends nobody.
    table.integer("by_visitor").notNullable().defaultTo(0);
    // Subject, text and HTML as JSON; blanked once the mail is out of our hands.
    table.text("content").notNullable();
    table.text("message_id").notNullable();
    table.text("state").notNullable();
    // 0 is sent first.
    table.integer("priority").notNullable().defaultTo(0);
    table.integer("attempts").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("next_attempt_at").notNullable();
    // When a mail that came over a limit may be sent; empty for one that may be sent at once.
    table.bigInteger("turn_at");
    table.bigInteger("expires_at").notNullable();
    table.bigInteger("leased_until").notNullable();
    table.text("leased_by");
    table.bigInteger("settled_at");
    // The last attempt that has ended; earlier ones are in outbox_attempts.
    table.integer("last_attempt");
    table.bigInteger("last_at");
    table.text("last_route");
    table.text("last_outcome");
    table.text("last_reply");
    // The server's own words, with addresses masked.
    table.text("last_words");
    table.integer("last_ms");
    // The mail came back, or was refused and the mailbox is to blame: when, by which host or route, and in its words. Each mail counts once.
    table.bigInteger("bounced_at");
    table.text("bounced_by");
    table.text("bounced_reply");
    // The mailbox is to blame. That is counted once, also where the mail came back for another reason before.
    table.integer("blamed").notNullable().defaultTo(0);
  });
  await db.raw("CREATE INDEX outbox_waiting ON outbox (priority, next_attempt_at) WHERE state = 'queued'");
  await db.raw("CREATE INDEX outbox_parked ON outbox (settled_at) WHERE state = 'parked'");
  // For listing and erasing the mails to one address; by age, for listing the newest and removing the oldest.
  await db.raw("CREATE INDEX outbox_recipient ON outbox (LOWER(recipient))");
  await db.raw("CREATE INDEX outbox_created ON outbox (created_at)");
  await db.schema.createTable("outbox_attempts", (table) => {
    table.text("mail_id").notNullable().references("id").inTable("outbox").onDelete("CASCADE");
    table.integer("attempt").notNullable();
    table.bigInteger("at").notNullable();
    // Empty if the process ended during the attempt.
    table.text("route");
    table.text("outcome").notNullable();
    table.text("reply");
    table.text("words");
    table.integer("duration_ms");
    table.primary(["mail_id", "attempt"]);
  });
  // The servers that send mail. Each changes its beat every second; a server whose beat stands still holds no leases.
  await db.schema.createTable("outbox_instances", (table) => {
    table.text("id").primary();
    table.bigInteger("beat").notNullable();
  });
}
