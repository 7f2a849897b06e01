import { skew } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";

/** A requested counter: its maximum, and when it resets if it starts now (milliseconds since the epoch). */
export interface AskedCounter {
  counter: string;
  most: number;
  resetsAt: number;
}

export interface CountedUses {
  counter: string;
  /** In this window, including this use. */
  uses: number;
  /** When it resets. */
  resetsAt: number;
}

// A window that ends later than one beginning now was begun by a clock that was ahead, and does not count.
const isLive = `resets_at > ? AND limits.resets_at <= excluded.resets_at + ${skew}`;
// All of the counters count, or none: NOT EXISTS ensures that. With simultaneous requests on PostgreSQL it may see the state
// before them; then the WHERE of the update, which sees the latest rows, leaves out those that are used up. CROSS JOIN makes SQLite
// look up the few requested counters one by one instead of scanning all of them.
const takeSql = (counters: number, watched: number) =>
  `WITH asked (counter, most, resets_at) AS (VALUES ${rows(counters)})
   INSERT INTO limits (counter, uses, most, resets_at) SELECT counter, 1, most, resets_at FROM asked
   WHERE NOT EXISTS (SELECT 1 FROM asked a CROSS JOIN limits l
     WHERE l.counter = a.counter AND l.uses >= a.most AND l.resets_at > ? AND l.resets_at <= a.resets_at + ${skew})
   ON CONFLICT (counter) DO UPDATE SET most = excluded.most,
   uses = CASE WHEN limits.${isLive} THEN limits.uses + 1 ELSE 1 END,
   resets_at = CASE WHEN limits.${isLive} THEN limits.resets_at ELSE excluded.resets_at END
   WHERE NOT (limits.${isLive}) OR limits.uses < excluded.most
   RETURNING counter, uses, resets_at, ${watched === 0 ? "0" : `CASE WHEN EXISTS (${watchSql(watched)}) THEN 1 ELSE 0 END`} AS spent`;
const watchSql = (counters: number) =>
  Array(counters)
    .fill("SELECT 1 FROM limits w WHERE w.counter = ? AND w.uses >= ? AND w.resets_at > ? AND w.resets_at <= ?")
    .join(" UNION ALL ");
// A window that began after the use has not counted it.
const subtractUse = command("UPDATE limits SET uses = uses - 1 WHERE counter = ? AND resets_at > ? AND resets_at <= ? AND uses > 0");
// By today's maximum: a row may be older than a lowered limit.
const selectSpentSql = (counters: number) =>
  `WITH asked (counter, most, resets_at) AS (VALUES ${rows(counters)})
   SELECT l.counter, l.resets_at FROM asked a CROSS JOIN limits l
   WHERE l.counter = a.counter AND l.uses >= a.most AND l.resets_at > ? AND l.resets_at <= a.resets_at + ${skew} ORDER BY l.resets_at DESC LIMIT 1`;
const removeOverRows = removal("limits", "counter", "resets_at <= ?");

/**
 * Counts one use of each.
 * @param asked in a fixed order, since rows are locked in it
 * @param watched counters that are checked but not counted
 * @returns the counters that counted, as they are now: all of them, or none if refused; and whether a watched one is used up
 */
export async function take(
  db: Db,
  asked: AskedCounter[],
  now: number,
  watched: AskedCounter[] = [],
): Promise<{ counters: CountedUses[]; spent: boolean }> {
  const looked = watched.flatMap(({ counter, most, resetsAt }) => [counter, most, now, resetsAt + skew]);
  const taken = await query<{ counter: string; uses: number; resets_at: number; spent: number }>(takeSql(asked.length, watched.length))(
    db,
    ...valuesOf(asked),
    now,
    now,
    now,
    now,
    ...looked,
  );
  return {
    counters: taken.map(({ counter, uses, resets_at: resetsAt }) => ({ counter, uses, resetsAt })),
    spent: taken.some(({ spent }) => spent === 1),
  };
}

/** Takes back a use that was counted at the given moment. */
export async function giveBack(db: Db, { counter, resetsAt }: AskedCounter, countedAt: number): Promise<void> {
  await subtractUse(db, counter, countedAt, resetsAt + skew);
}

/** @returns the counter that resets last among those that are used up */
export async function findSpent(db: Db, asked: AskedCounter[], now: number): Promise<{ counter: string; resetsAt: number } | undefined> {
  const [row] = await query<{ counter: string; resets_at: number }>(selectSpentSql(asked.length))(db, ...valuesOf(asked), now);
  return row && { counter: row.counter, resetsAt: row.resets_at };
}

/** Removes the counters whose window has ended. */
export async function removeOver(db: Db, now: number): Promise<void> {
  await removeOverRows(db, now);
}

function rows(counters: number): string {
  return Array(counters).fill("(CAST(? AS text), CAST(? AS integer), CAST(? AS bigint))").join(", ");
}

function valuesOf(asked: AskedCounter[]): (string | number)[] {
  return asked.flatMap(({ counter, most, resetsAt }) => [counter, most, resetsAt]);
}
