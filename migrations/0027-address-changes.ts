import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // What guests changed about their addresses by themselves, for as long as it can be undone. Ids of aliases are not used again.
  await db.schema.createTable("address_changes", (table) => {
    table.text("id").primary();
    table.text("guest_sub").notNullable().references("guests.sub").onDelete("CASCADE").index();
    table.text("kind").notNullable();
    // The address that was added, or that became the main one; and the one that was the main one before.
    table.integer("alias_id").notNullable();
    table.integer("before_id").notNullable();
    table.bigInteger("made_at").notNullable().index();
    table.bigInteger("undone_at");
  });
}
