import type { Knex } from "knex";
import { databaseKind } from "./databases.ts";

/** Every value of every column of every table, as text: where a word stands in the database. */
export async function placesOf(db: Knex, word: string): Promise<string[]> {
  const places: string[] = [];
  for (const table of await tables(db)) {
    const rows = (await db(table).select("*")) as Record<string, unknown>[];
    for (const row of rows)
      for (const [column, value] of Object.entries(row)) {
        const text = Buffer.isBuffer(value) ? value.toString("latin1") : String(value);
        if (text.toLowerCase().includes(word.toLowerCase())) places.push(`${table}.${column}`);
      }
  }
  return places;
}

async function tables(db: Knex): Promise<string[]> {
  if (databaseKind === "sqlite") {
    const rows = (await db("sqlite_master").where("type", "table").select("name")) as { name: string }[];
    return rows.map(({ name }) => name);
  }
  const { rows } = await db.raw("SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()");
  return (rows as { name: string }[]).map(({ name }) => name);
}
