import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // Whether DNS confirms that a provider speaks for a domain that an administrator bound to it.
  await db.schema.createTable("upstream_domains", (table) => {
    table.text("provider_id").notNullable().references("upstream_providers.id").onDelete("CASCADE");
    /** An A-label. */
    table.text("domain").notNullable();
    /** When it was bound, or an administrator last asked for a check. */
    table.bigInteger("asked_at").notNullable();
    table.bigInteger("checked_at").notNullable();
    /** The outcome of the last check that ended: found, missing or unreachable. */
    table.text("outcome");
    /** Since when each check that got an answer has found the record. */
    table.bigInteger("found_since");
    table.bigInteger("last_found_at");
    table.primary(["provider_id", "domain"]);
  });
}
