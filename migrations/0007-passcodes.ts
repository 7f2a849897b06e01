import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // One row for each interaction in which a code was asked for: its budget of tries and whether the mailbox was proven.
  await db.schema.createTable("passcode_requests", (table) => {
    table.text("interaction").primary();
    table.text("address").notNullable();
    table.integer("tries").notNullable();
    table.bigInteger("asked_at").notNullable();
    table.bigInteger("ends_at").notNullable().index();
    table.bigInteger("proven_at");
    table.text("proven_by");
    table.text("newest_passcode");
  });
  // A code has the id of its mail, whose row says when it was handed over and when it is tried again.
  await db.schema.createTable("passcodes", (table) => {
    table.text("id").primary();
    table.text("interaction").notNullable().index();
    table.text("address").notNullable();
    table.text("hash").notNullable();
    // How many the code has; empty for the usual number.
    table.integer("digits");
    table.bigInteger("ends_at").notNullable().index();
    // Why no mail server has accepted the mail: delayed or refused; otherwise empty.
    table.text("delivery");
  });
}
