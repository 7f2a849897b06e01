import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // The master keys that this database was written under, by name: the one in use, and those before it.
  await db.schema.createTable("master_keys", (table) => {
    table.text("secret").primary();
    table.bigInteger("since").notNullable();
    // When another one took its place; empty for the one in use.
    table.bigInteger("until");
  });
  await db.raw("CREATE UNIQUE INDEX master_keys_in_use ON master_keys ((until IS NULL)) WHERE until IS NULL");
  // Keys that were derived from former master keys: what was given out under them works for as long as it would have.
  await db.schema.createTable("former_keys", (table) => {
    table.text("secret").notNullable();
    table.text("purpose").notNullable();
    // As a JWE under the master key in use (RFC 7516).
    table.text("sealed_key").notNullable();
    table.bigInteger("ends_at");
    table.primary(["secret", "purpose"]);
  });
  // The master key that it is sealed under; empty if the version before has sealed it.
  await db.schema.alterTable("mail_refresh_tokens", (table) => void table.text("secret"));
}
