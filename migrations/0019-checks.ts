import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // The application that a token, code or grant is for. The database derives it, so that what the version before stores has it too.
  const embedded = db.client.config.client === "sqlite3";
  const clientId = embedded ? "json_extract(payload, '$.clientId')) VIRTUAL" : "(payload::json ->> 'clientId')) STORED";
  await db.raw(`ALTER TABLE oidc_artifacts ADD COLUMN client_id text GENERATED ALWAYS AS (${clientId}`);
  await db.raw("CREATE INDEX oidc_artifacts_client ON oidc_artifacts (client_id, account_id) WHERE client_id IS NOT NULL");
  // Sessions that have to be looked at since a rule changed: those at one application, or all where client_id is empty. They are walked
  // through in the order of id_hash; `place` is the last one that was taken.
  await db.schema.createTable("session_checks", (table) => {
    table.text("client_id").primary();
    table.text("place").notNullable();
  });
  // Work that one instance does at a time, and until when it is believed to be doing it.
  await db.schema.createTable("leases", (table) => {
    table.text("work").primary();
    table.bigInteger("until").notNullable();
  });
}
