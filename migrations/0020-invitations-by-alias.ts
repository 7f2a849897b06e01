import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // Whoever removes an alias asks for the invitations to it; so do the databases, for the reference.
  await db.raw("CREATE INDEX invitations_alias ON invitations (alias_id)");
}

export async function down(db: Knex): Promise<void> {
  await db.raw("DROP INDEX invitations_alias");
}
