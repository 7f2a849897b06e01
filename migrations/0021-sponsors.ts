import type { Knex } from "knex";
import { keyOf } from "../src/guests/address.ts";

/** Sponsors are found, and forgotten, by the canonical form of their address, as guests are; it is shown as it was typed. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable("invitations", (table) => table.text("sponsor_key"));
  const sponsors: { sponsor_email: string }[] = await db("invitations").distinct("sponsor_email").whereNotNull("sponsor_email");
  for (const { sponsor_email: typed } of sponsors)
    await db("invitations")
      .where("sponsor_email", typed)
      .update({ sponsor_key: keyOf(typed) });
  await db.schema.alterTable("invitations", (table) => {
    table.dropIndex(["sponsor_email", "guest_created_at", "guest_sub"]);
    table.index(["sponsor_key", "guest_created_at", "guest_sub"]);
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable("invitations", (table) => {
    table.dropIndex(["sponsor_key", "guest_created_at", "guest_sub"]);
    table.index(["sponsor_email", "guest_created_at", "guest_sub"]);
    table.dropColumn("sponsor_key");
  });
}
