import type { Knex } from "knex";

// Times are milliseconds since the Unix epoch (bigint).
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("guests", (table) => {
    table.text("sub").primary();
    table.text("state").notNullable();
    table.text("name");
    table.text("locale");
    table.text("suspended_reason");
    table.text("notes");
    table.text("external_id").index();
    // Past this moment the guest is as good as suspended.
    table.bigInteger("expires_at");
    table.double("reverification_days");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
    table.index(["created_at", "sub"]);
  });
  await db.schema.createTable("mailboxes", (table) => {
    table.text("id").primary();
    table.text("guest_sub").notNullable().references("guests.sub").onDelete("CASCADE").index();
    table.bigInteger("verified_at");
  });
  await db.schema.createTable("aliases", (table) => {
    table.increments("id");
    table.text("address_key").notNullable().unique();
    table.text("address").notNullable();
    table.text("domain").notNullable().index();
    // Address and name in lower case: what the directory is searched by.
    table.text("search_text").notNullable();
    table.text("guest_sub").notNullable().references("guests.sub").onDelete("CASCADE").index();
    table.text("mailbox_id").notNullable().references("mailboxes.id").index();
    table.integer("is_primary").notNullable();
    table.bigInteger("created_at").notNullable();
  });
  await db.raw("CREATE UNIQUE INDEX aliases_one_primary ON aliases (guest_sub) WHERE is_primary = 1");
  // A merged-away sub answers with the survivor.
  await db.schema.createTable("merged_guests", (table) => {
    table.text("lost_sub").primary();
    table.text("sub").notNullable().references("guests.sub").onDelete("CASCADE").index();
    table.bigInteger("merged_at").notNullable();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable("merged_guests");
  await db.schema.dropTable("aliases");
  await db.schema.dropTable("mailboxes");
  await db.schema.dropTable("guests");
}
