import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("applications", (table) => {
    table.text("client_id").primary();
    table.text("name").notNullable();
    table.text("admission").notNullable();
    table.integer("first_party").notNullable();
    table.integer("pkce_optional").notNullable();
    // OIDC client metadata as JSON (OpenID Connect Dynamic Client Registration 1.0, section 2); the secret as its SHA-256.
    table.text("metadata").notNullable();
    // Domain lists, target origins, branding, overrides: JSON.
    table.text("policy").notNullable().defaultTo("{}");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
  });
  // Why the token endpoint refused them: one row for each application (empty if none was named) and reason.
  await db.schema.createTable("token_refusals", (table) => {
    table.text("id").primary();
    table.text("client_id").notNullable();
    table.text("reason").notNullable();
    table.integer("times").notNullable();
    table.bigInteger("first_at").notNullable();
    table.bigInteger("last_at").notNullable();
    table.index(["client_id", "last_at", "id"]);
    table.index(["last_at", "id"]);
  });
}
