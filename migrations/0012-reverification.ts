import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // A guest who was reminded of a deadline at an application: once for each. What has passed is removed.
  await db.schema.createTable("reminders", (table) => {
    table.text("guest_sub").notNullable().references("guests.sub").onDelete("CASCADE");
    table.text("client_id").notNullable().references("applications.client_id").onDelete("CASCADE");
    table.bigInteger("deadline").notNullable().index();
    table.primary(["guest_sub", "client_id", "deadline"]);
  });
  // Guests who want no reminders.
  await db.schema.createTable("reminders_off", (table) => {
    table.text("guest_sub").primary().references("guests.sub").onDelete("CASCADE");
    table.bigInteger("since").notNullable();
  });
}
