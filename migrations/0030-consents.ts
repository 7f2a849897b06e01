import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // What guests have agreed to share with applications: a row for each scope and claim.
  await db.schema.createTable("consents", (table) => {
    table.text("guest_sub").notNullable().references("guests.sub").onDelete("CASCADE");
    table.text("client_id").notNullable().references("applications.client_id").onDelete("CASCADE").index();
    // "scope", "claim", or the URI of the API that it is a scope of.
    table.text("part").notNullable();
    table.text("name").notNullable();
    // The privacy policy and the terms that the page led to.
    table.text("links").notNullable();
    table.bigInteger("agreed_at").notNullable();
    table.primary(["guest_sub", "client_id", "part", "name"]);
  });
}
