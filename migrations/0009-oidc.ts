import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("oidc_artifacts", (table) => {
    table.text("model").notNullable();
    // SHA-256 of the identifier: a code, token or session cookie cannot be read out of the database.
    table.text("id_hash").notNullable();
    table.text("payload").notNullable();
    // The grant, as the SHA-256 of its identifier, and the session, by its uid, that an artifact ends with.
    table.text("grant_hash");
    table.text("session_uid");
    table.text("uid");
    table.text("account_id");
    table.bigInteger("expires_at").index();
    table.bigInteger("consumed_at");
    // Of a session: the browser it is in, and when its deadlines have to be looked at next.
    table.text("device");
    table.bigInteger("check_at");
    table.primary(["model", "id_hash"]);
  });
  await db.raw("CREATE INDEX oidc_artifacts_to_check ON oidc_artifacts (check_at) WHERE check_at IS NOT NULL");
  // Most artifacts have none of one or the other: an index without the empty ones costs less to keep.
  for (const column of ["grant_hash", "uid", "account_id"]) {
    await db.raw(`CREATE INDEX oidc_artifacts_${column} ON oidc_artifacts (${column}) WHERE ${column} IS NOT NULL`);
  }
  await db.schema.createTable("signing_keys", (table) => {
    table.text("kid").primary();
    table.text("alg").notNullable().unique();
    // The private JWK as a JWE under the master key (RFC 7516).
    table.text("sealed_jwk").notNullable();
    table.bigInteger("created_at").notNullable();
  });
}
