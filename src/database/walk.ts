// Walks through lists in their own order, newest first, a limited number of rows at a time: a page costs the same however
// long the list is, and may be shorter than it could be. See docs/decisions/017-a-page-costs-the-same.md.
import type { Db } from "./database.ts";
import { allOf, query, type Sql } from "./statements.ts";

/** A table with an index on `time` and `id`, by which it is walked. */
export interface Walked {
  table: string;
  /** Its name in the conditions. */
  as: string;
  time: string;
}

interface Place {
  time: number;
  id: string;
}

const newestFirst = ({ as, time }: Walked) => `ORDER BY ${as}.${time} DESC, ${as}.id DESC`;

/**
 * The ids of the rows that come first.
 * @param walked conditions that the index answers
 * @param rest conditions to check on the first `window` of those
 */
export function idsInOrder(rows: Walked, walked: Sql[], rest: Sql[], window: number): Sql {
  const { table, as } = rows;
  const [where, ...values] = allOf(walked);
  const inOrder = newestFirst(rows);
  if (rest.length === 0) return [`SELECT ${as}.id FROM ${table} ${as} ${where} ${inOrder}`, ...values];
  const [having, ...more] = allOf(rest);
  const first = `SELECT * FROM ${table} ${as} ${where} ${inOrder} LIMIT ?`;
  return [`SELECT ${as}.id FROM (${first}) ${as} ${having} ${inOrder}`, ...values, window, ...more];
}

/** The ids of all matches, sorted. The "+" keeps SQLite from walking through everything in order. */
export function idsSorted({ table, as, time }: Walked, conditions: Sql[]): Sql {
  const [where, ...values] = allOf(conditions);
  return [`SELECT ${as}.id FROM ${table} ${as} ${where} ORDER BY +${as}.${time} DESC, ${as}.id DESC`, ...values];
}

/** @returns the place `count` rows later, or undefined if there are not that many */
export async function placeAfter(db: Db, rows: Walked, count: number, walked: Sql[]): Promise<Place | undefined> {
  const { table, as, time } = rows;
  const [where, ...values] = allOf(walked);
  const select = query<Place>(`SELECT ${as}.${time} AS time, ${as}.id FROM ${table} ${as} ${where} ${newestFirst(rows)} LIMIT 1 OFFSET ?`);
  return (await select(db, ...values, count - 1))[0];
}
