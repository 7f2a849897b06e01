import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // OpenID Connect Back-Channel Logout 1.0: what applications have to be told, once for each of their sessions.
  await db.schema.createTable("logouts", (table) => {
    table.text("id").primary();
    table.text("client_id").notNullable();
    table.text("sub").notNullable();
    table.text("sid").notNullable();
    table.text("state").notNullable();
    table.integer("attempts").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("next_attempt_at").notNullable();
    table.bigInteger("leased_until").notNullable();
    table.text("leased_by");
    table.bigInteger("settled_at").index();
    table.text("last_error");
    table.unique(["client_id", "sid"]);
  });
  await db.raw("CREATE INDEX logouts_open ON logouts (created_at, id) WHERE state IN ('queued', 'given-up')");
  await db.raw("CREATE INDEX logouts_waiting ON logouts (next_attempt_at) WHERE state = 'queued'");
}
