import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // What ends soon is looked for by when it ends.
  await db.raw("CREATE INDEX guests_expires ON guests (expires_at) WHERE expires_at IS NOT NULL");
  // Of an invitation: when it can no longer be redeemed, or its access ends, whichever is first.
  await db.raw(`CREATE INDEX invitations_ends ON invitations ((CASE WHEN redeemed_at IS NOT NULL THEN access_ends_at
    WHEN access_ends_at < redeem_by THEN access_ends_at ELSE redeem_by END)) WHERE revoked_at IS NULL`);
}
