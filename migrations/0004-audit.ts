import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable("audit", (table) => {
    table.text("id").primary();
    table.bigInteger("at").notNullable();
    table.text("action").notNullable();
    table.text("actor").notNullable();
    table.text("channel").notNullable();
    table.text("network");
    table.text("client_id").index();
    table.text("guest_sub").index();
    // JSON without personal data.
    table.text("details").notNullable();
    // SHA-256 over the personal part and its salt; the part itself is in audit_personal until the guest is erased.
    table.text("personal_digest");
    // Place in the chain; empty until the row is sealed.
    table.bigInteger("position").unique();
    // Keyed: over this row, and once it is sealed over its place and the hash before it too.
    table.text("chain_hash").notNullable();
    table.index(["at", "id"]);
  });
  await db.raw("CREATE INDEX audit_unsealed ON audit (at, id) WHERE position IS NULL");
  await db.schema.createTable("audit_personal", (table) => {
    table.text("audit_id").primary();
    table.text("guest_sub").index();
    table.text("salt").notNullable();
    table.text("personal").notNullable();
  });
  await db.schema.createTable("audit_head", (table) => {
    table.integer("id").primary();
    table.bigInteger("position").notNullable();
    table.text("chain_hash").notNullable();
    // Keyed: over the position and the hash. Empty until the trail is begun.
    table.text("seal").notNullable().defaultTo("");
  });
  await db("audit_head").insert({ id: 1, position: 0, chain_hash: "" });
}
