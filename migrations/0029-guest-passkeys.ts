import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // A passkey belongs to a mailbox, and goes with it.
  await db.schema.createTable("guest_passkeys", (table) => {
    /** By which it is listed and removed: nobody can sign in with it. */
    table.text("id").primary();
    /** The credential's, base64url. */
    table.text("credential_id").notNullable().unique();
    table.text("mailbox_id").notNullable().references("mailboxes.id").onDelete("CASCADE").index();
    table.text("public_key").notNullable();
    table.bigInteger("counter").notNullable();
    table.text("transports").notNullable();
    /** The host that it was made for: it answers no other. */
    table.text("host").notNullable();
    table.text("device");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("last_used_at");
  });
  // Challenges that were answered: none is answered twice.
  await db.schema.createTable("guest_passkey_challenges", (table) => {
    table.text("challenge_hash").primary();
    table.bigInteger("expires_at").notNullable().index();
  });
  // Sign-ins with a passkey are counted by the day, as those with a code.
  await db.raw("CREATE INDEX IF NOT EXISTS audit_passkey_sign_ins ON audit (at) WHERE action = 'sign-in.passkey'");
}
