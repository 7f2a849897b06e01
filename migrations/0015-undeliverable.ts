import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable("mailboxes", (table) => {
    // Mail was refused for good, how often and why last, since a code sent there last came back; null where it was not.
    table.bigInteger("undeliverable_since");
    table.integer("refusals").notNullable().defaultTo(0);
    table.text("refusal_status");
    table.text("refusal_reason");
  });
  await db.raw("CREATE INDEX mailboxes_undeliverable ON mailboxes (guest_sub) WHERE undeliverable_since IS NOT NULL");
  await db.schema.alterTable("outbox", (table) => {
    // It came back, or was refused, for the mailbox's fault: what each mail is counted by, once.
    table.bigInteger("bounced_at");
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable("outbox", (table) => {
    table.dropColumn("bounced_at");
  });
  await db.raw("DROP INDEX mailboxes_undeliverable");
  await db.schema.alterTable("mailboxes", (table) => {
    table.dropColumns("undeliverable_since", "refusals", "refusal_status", "refusal_reason");
  });
}
