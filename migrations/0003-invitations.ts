import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("invitations", (table) => {
    table.text("id").primary();
    table.text("client_id").notNullable().references("applications.client_id").onDelete("CASCADE");
    table.text("guest_sub").notNullable().references("guests.sub").onDelete("CASCADE").index();
    table.integer("alias_id").notNullable().references("aliases.id").onDelete("CASCADE");
    // "" if the invitation is to the application as a whole.
    table.text("target_url").notNullable();
    table.text("label");
    table.text("sponsor_name");
    // As it was typed, and in the canonical form by which sponsors are found and forgotten.
    table.text("sponsor_email");
    table.text("sponsor_key");
    table.text("message");
    table.double("reverification_days");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
    // The states pending, redeemed, expired and revoked are derived from these.
    table.bigInteger("redeem_by").notNullable();
    table.bigInteger("access_ends_at");
    table.bigInteger("redeemed_at");
    table.bigInteger("revoked_at");
    // When the guest last asked the sponsor for a fresh one.
    table.bigInteger("fresh_asked_at");
    // The last mail of it, in the outbox for as long as that keeps it.
    table.text("mail_id");
    // Copied from the guest, so that a filtered page of the directory is read in the order of an index.
    table.bigInteger("guest_created_at").notNullable().defaultTo(0);
    table.index(["created_at", "id"]);
    table.index(["client_id", "created_at", "id"]);
    table.index(["client_id", "guest_sub"]);
    table.index(["client_id", "guest_created_at", "guest_sub"]);
    table.index(["sponsor_key", "guest_created_at", "guest_sub"]);
  });
  await db.raw("CREATE UNIQUE INDEX invitations_one_live ON invitations (alias_id, client_id, target_url) WHERE revoked_at IS NULL");
  // For removing an alias, and for the databases' own check of the reference.
  await db.raw("CREATE INDEX invitations_alias ON invitations (alias_id)");
}
