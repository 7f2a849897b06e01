import { type Db, isEmbedded } from "../database.ts";
import { command, query } from "../statements.ts";

/** A counter that is asked for: how often at the most, and when it begins anew if it begins now (milliseconds since the epoch). */
export interface AskedCounter {
  counter: string;
  most: number;
  resetsAt: number;
}

// All of the counters count, or none: NOT EXISTS sees to that. Where several come at the same moment on PostgreSQL it may see what was
// before them; then the WHERE of the update, which sees each row as it is, leaves out those that are used up. CROSS JOIN makes SQLite
// look for the few that are asked for, one by one, and not through all counters that there are.
const takeSql = (counters: number) =>
  `WITH asked (counter, most, resets_at) AS (VALUES ${Array(counters).fill("(CAST(? AS text), CAST(? AS integer), CAST(? AS bigint))").join(", ")})
   INSERT INTO limits (counter, uses, most, resets_at) SELECT counter, 1, most, resets_at FROM asked
   WHERE NOT EXISTS (SELECT 1 FROM asked a CROSS JOIN limits l WHERE l.counter = a.counter AND l.uses >= a.most AND l.resets_at > ?)
   ON CONFLICT (counter) DO UPDATE SET most = excluded.most,
   uses = CASE WHEN limits.resets_at > ? THEN limits.uses + 1 ELSE 1 END,
   resets_at = CASE WHEN limits.resets_at > ? THEN limits.resets_at ELSE excluded.resets_at END
   WHERE limits.resets_at <= ? OR limits.uses < excluded.most
   RETURNING counter`;
const subtractUse = command("UPDATE limits SET uses = uses - 1 WHERE counter = ? AND resets_at > ? AND uses > 0");
// By what there may be now: what a row says may be from before the limit was set lower.
const selectSpentSql = (counters: number) =>
  `WITH asked (counter, most) AS (VALUES ${Array(counters).fill("(CAST(? AS text), CAST(? AS integer))").join(", ")})
   SELECT l.counter, l.resets_at FROM asked a CROSS JOIN limits l
   WHERE l.counter = a.counter AND l.uses >= a.most AND l.resets_at > ? ORDER BY l.resets_at DESC LIMIT 1`;
// It waits for no row, so that nobody who holds one waits for it.
const deleteSql = (lock: string) => `DELETE FROM limits WHERE counter IN (SELECT counter FROM limits WHERE resets_at <= ? ${lock})`;
const deleteOnSqlite = command(deleteSql(""));
const deleteOnPostgres = command(deleteSql("FOR UPDATE SKIP LOCKED"));

/**
 * Counts one use of each.
 * @param asked in an order that is the same for everybody: rows are locked in it
 * @returns the counters that counted: all of them, or it is refused
 */
export async function take(db: Db, asked: AskedCounter[], now: number): Promise<string[]> {
  const values = asked.flatMap(({ counter, most, resetsAt }) => [counter, most, resetsAt]);
  const rows = await query<{ counter: string }>(takeSql(asked.length))(db, ...values, now, now, now, now);
  return rows.map(({ counter }) => counter);
}

export async function giveBack(db: Db, counter: string, now: number): Promise<void> {
  await subtractUse(db, counter, now);
}

/** @returns of the counters that are used up the one that takes longest to begin anew */
export async function findSpent(db: Db, asked: AskedCounter[], now: number): Promise<{ counter: string; resetsAt: number } | undefined> {
  const values = asked.flatMap(({ counter, most }) => [counter, most]);
  const [row] = await query<{ counter: string; resets_at: number }>(selectSpentSql(asked.length))(db, ...values, now);
  return row && { counter: row.counter, resetsAt: row.resets_at };
}

export async function removeOver(db: Db, now: number): Promise<void> {
  await (isEmbedded(db) ? deleteOnSqlite : deleteOnPostgres)(db, now);
}
