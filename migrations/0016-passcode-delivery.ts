import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable("passcodes", (table) => {
    // What became of the mail, where no server has accepted it: empty, delayed (with the time of the next try) or refused.
    table.text("delivery");
    table.bigInteger("retry_at");
  });
  await db.schema.alterTable("passcode_requests", (table) => {
    table.text("newest_passcode");
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable("passcode_requests", (table) => {
    table.dropColumn("newest_passcode");
  });
  await db.schema.alterTable("passcodes", (table) => {
    table.dropColumns("delivery", "retry_at");
  });
}
