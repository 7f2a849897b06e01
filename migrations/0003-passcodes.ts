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
  });
  await db.schema.createTable("passcodes", (table) => {
    table.text("id").primary();
    table.text("interaction").notNullable().index();
    table.text("address").notNullable();
    table.text("hash").notNullable();
    // Empty until a mail server accepted the mail: the minutes of a code begin then.
    table.bigInteger("expires_at");
    table.bigInteger("ends_at").notNullable().index();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable("passcodes");
  await db.schema.dropTable("passcode_requests");
}
