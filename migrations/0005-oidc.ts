import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("oidc_artifacts", (table) => {
    table.text("model").notNullable();
    // SHA-256 of the identifier: a code, token or session cookie cannot be read out of the database.
    table.text("id_hash").notNullable();
    table.text("payload").notNullable();
    table.text("grant_id").index();
    table.text("uid").index();
    table.text("account_id").index();
    table.bigInteger("expires_at").index();
    table.bigInteger("consumed_at");
    // Of a session: the browser it is in, and when its deadlines have to be looked at next.
    table.text("device");
    table.bigInteger("check_at");
    table.primary(["model", "id_hash"]);
  });
  await db.raw("CREATE INDEX oidc_artifacts_to_check ON oidc_artifacts (check_at) WHERE check_at IS NOT NULL");
  await db.schema.createTable("signing_keys", (table) => {
    table.text("kid").primary();
    table.text("alg").notNullable().unique();
    // The private JWK as a JWE under the master key (RFC 7516).
    table.text("sealed_jwk").notNullable();
    table.bigInteger("created_at").notNullable();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable("signing_keys");
  await db.schema.dropTable("oidc_artifacts");
}
