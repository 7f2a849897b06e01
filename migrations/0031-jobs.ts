import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // Acts on many guests.
  await db.schema.createTable("jobs", (table) => {
    table.text("id").primary();
    // What is done to each guest, and to whom: JSON.
    table.text("given").notNullable();
    table.text("chosen").notNullable();
    table.text("actor").notNullable();
    table.text("channel").notNullable();
    table.text("network");
    table.text("state").notNullable();
    // The last guest that it has come to.
    table.text("place").notNullable();
    table.bigInteger("total");
    table.text("counts").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("settled_at").index();
    table.index(["created_at", "id"]);
  });
  await db.raw("CREATE INDEX jobs_open ON jobs (created_at) WHERE state IN ('looking', 'running')");
  // Guests that a job leaves out, in the order in which it came to them.
  await db.schema.createTable("job_guests", (table) => {
    table.text("job_id").notNullable().references("jobs.id").onDelete("CASCADE");
    table.bigInteger("number").notNullable();
    table.text("sub").notNullable();
    table.text("reason").notNullable();
    table.primary(["job_id", "number"]);
  });
}
