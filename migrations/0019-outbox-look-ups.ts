import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // Mails to one address, to list them and to erase them; all of them by age, to list the newest and to remove the oldest.
  await db.raw("CREATE INDEX outbox_recipient ON outbox (LOWER(recipient))");
  await db.raw("CREATE INDEX outbox_created ON outbox (created_at)");
}

export async function down(db: Knex): Promise<void> {
  await db.raw("DROP INDEX outbox_created");
  await db.raw("DROP INDEX outbox_recipient");
}
