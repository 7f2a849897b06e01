import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // When the application was removed. Its row goes once its tokens, invitations and sessions are gone, some at a time.
  await db.schema.alterTable("applications", (table) => {
    table.bigInteger("removed_at");
  });
  await db.raw("CREATE INDEX reminders_application ON reminders (client_id)");
}
