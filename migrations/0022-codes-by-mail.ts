import type { Knex } from "knex";

/** A code has the id of its mail, whose row says when it was handed over and when it is tried again: neither is kept twice. */
export async function up(db: Knex): Promise<void> {
  // Of codes from before, the mails are not found: their minutes go on, and where none have begun they end with the sign-in.
  await db("passcodes")
    .whereNotNull("expires_at")
    .andWhere("expires_at", "<", db.ref("ends_at"))
    .update({ ends_at: db.ref("expires_at") });
  for (const column of ["expires_at", "retry_at"]) await db.raw(`ALTER TABLE passcodes DROP COLUMN ${column}`);
  await db.raw("ALTER TABLE outbox DROP COLUMN subject_id");
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable("outbox", (table) => table.text("subject_id"));
  await db.schema.alterTable("passcodes", (table) => {
    table.bigInteger("expires_at");
    table.bigInteger("retry_at");
  });
}
