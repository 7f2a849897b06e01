import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // OpenID providers of partners, where guests may sign in.
  await db.schema.createTable("upstream_providers", (table) => {
    /** Chosen by an administrator; it stands in the redirect URI. */
    table.text("id").primary();
    table.text("issuer").notNullable();
    table.text("client_id").notNullable();
    // JWE under the master key.
    table.text("sealed_secret").notNullable();
    table.text("scope").notNullable();
    /** What guests read. */
    table.text("label").notNullable();
    /** A JSON array of A-labels. */
    table.text("domains").notNullable();
    table.text("grade").notNullable();
    /** The tenant that an account has to be of. */
    table.text("tenant");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
  });
  // Accounts there. Each belongs to a mailbox, and goes with it.
  await db.schema.createTable("upstream_accounts", (table) => {
    /** By which it is listed and removed. */
    table.text("id").primary();
    table.text("provider_id").notNullable().references("upstream_providers.id").onDelete("CASCADE");
    /** Empty where the provider has no tenants. */
    table.text("tenant").notNullable();
    table.text("subject").notNullable();
    table.text("mailbox_id").notNullable().references("mailboxes.id").onDelete("CASCADE").index();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("last_used_at");
    table.unique(["provider_id", "tenant", "subject"]);
  });
  // Sign-ins by an account are counted by the day, as those with a code.
  await db.raw("CREATE INDEX IF NOT EXISTS audit_upstream_sign_ins ON audit (at) WHERE action = 'sign-in.upstream'");
}
