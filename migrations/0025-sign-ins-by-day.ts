import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // Sign-ins and codes are counted by the day. Each index holds one action alone, so that a list of the trail is not led by it.
  await db.raw("CREATE INDEX audit_sign_ins ON audit (at) WHERE action = 'sign-in.proven'");
  await db.raw("CREATE INDEX audit_codes ON audit (at) WHERE action = 'sign-in.code-asked'");
}
