// How the database goes about a statement.
import type { Knex } from "knex";
import { databaseKind } from "./databases.ts";

/** @returns the steps of its plan, in the database's words, whatever its values are */
export async function stepsOf(db: Knex, sql: string): Promise<string[]> {
  const marks = sql.split("?").length - 1;
  if (databaseKind === "sqlite") {
    const steps = await db.raw<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, Array(marks).fill(1));
    return steps.map(({ detail }) => detail);
  }
  return db.transaction(async (trx) => {
    let position = 0;
    await trx.raw("SET LOCAL plan_cache_mode = force_generic_plan");
    await trx.raw(`PREPARE explained AS ${sql.replace(/\?/g, () => `$${++position}`)}`.replaceAll("?", "\\?"));
    const { rows } = await trx.raw(`EXPLAIN EXECUTE explained${marks > 0 ? ` (${Array(marks).fill("NULL").join(", ")})` : ""}`);
    await trx.raw("DEALLOCATE explained");
    return (rows as Record<string, string>[]).map((row) => row["QUERY PLAN"] ?? "");
  });
}
