import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("administrators", (table) => {
    table.text("id").primary();
    table.text("email").notNullable();
    /** The email in the form that is compared; of each only one. */
    table.text("email_key").notNullable().unique();
    table.text("name");
    table.text("role").notNullable();
    /** Where the organisation's own OpenID provider answers for the person: its issuer and the subject there. */
    table.text("issuer");
    table.text("subject");
    table.bigInteger("created_at").notNullable();
    table.unique(["issuer", "subject"]);
  });
  await db.schema.createTable("administrator_passkeys", (table) => {
    table.text("id").primary();
    table.text("administrator_id").notNullable().references("administrators.id").onDelete("CASCADE").index();
    table.text("public_key").notNullable();
    table.bigInteger("counter").notNullable();
    table.text("transports").notNullable();
    table.text("label").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("last_used_at");
  });
  // Links that let somebody enrol a passkey, once: hashed, as whatever lets somebody in.
  await db.schema.createTable("administrator_links", (table) => {
    table.text("token_hash").primary();
    table.text("administrator_id").notNullable().references("administrators.id").onDelete("CASCADE").index();
    table.bigInteger("expires_at").notNullable().index();
  });
  await db.schema.createTable("administrator_sessions", (table) => {
    table.text("token_hash").primary();
    /** By which it is listed and ended: nobody can sign in with it. */
    table.text("id").notNullable().unique();
    table.text("administrator_id").notNullable().references("administrators.id").onDelete("CASCADE").index();
    table.text("device");
    table.text("network");
    table.bigInteger("started_at").notNullable();
    table.bigInteger("last_seen_at").notNullable().index();
    /** When the person last proved to be there. */
    table.bigInteger("confirmed_at").notNullable();
  });
  // Challenges that were answered: none is answered twice.
  await db.schema.createTable("administrator_challenges", (table) => {
    table.text("challenge_hash").primary();
    table.bigInteger("expires_at").notNullable().index();
  });
}
