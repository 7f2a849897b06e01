import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // An operator with a long trail has built it beforehand (docs/operations.md), and so those of later migrations.
  // Sign-ins and codes are counted by the day. Each index holds one action alone, so that a list of the trail is not led by it.
  await db.raw("CREATE INDEX IF NOT EXISTS audit_sign_ins ON audit (at) WHERE action = 'sign-in.proven'");
  await db.raw("CREATE INDEX IF NOT EXISTS audit_codes ON audit (at) WHERE action = 'sign-in.code-asked'");
}
