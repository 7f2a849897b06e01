import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // The refresh token that a mail provider gave in place of the configured one, as a JWE under the master key (RFC 7516).
  await db.schema.createTable("mail_refresh_tokens", (table) => {
    // The configured one, with its endpoint and client, hashed: another one in the configuration starts over.
    table.text("configured").primary();
    table.text("sealed_token").notNullable();
    table.bigInteger("updated_at").notNullable();
  });
  // The server that carries out the first request with the key: once that one is gone, another may.
  await db.schema.alterTable("idempotency_keys", (table) => void table.text("held_by"));
}
