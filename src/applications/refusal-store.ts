import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { allOf, command, query, type Sql } from "../database/statements.ts";

export interface TokenRefusal {
  id: string;
  /** Null where no registered application was named. */
  clientId: string | null;
  reason: string;
  times: number;
  firstAt: number;
  lastAt: number;
}

/** The most reasons kept for one application: some repeat what was sent. */
const mostReasons = 50;

const countRow = command(
  `INSERT INTO token_refusals (id, client_id, reason, times, first_at, last_at)
   SELECT ?, ?, ?, CAST(? AS integer), CAST(? AS bigint), CAST(? AS bigint)
   WHERE (SELECT COUNT(*) FROM token_refusals WHERE client_id = ?) < ${mostReasons} OR EXISTS (SELECT 1 FROM token_refusals WHERE id = ?)
   ON CONFLICT (id) DO UPDATE SET times = token_refusals.times + excluded.times, last_at = excluded.last_at`,
);
const removeOld = removal("token_refusals", "id", "last_at < ?");

interface Row {
  id: string;
  client_id: string;
  reason: string;
  times: number;
  first_at: number;
  last_at: number;
}

/** Adds to the row of the same application and reason, or makes it. */
export async function count(db: Db, { id, clientId, reason, times, firstAt, lastAt }: TokenRefusal): Promise<void> {
  const of = clientId ?? "";
  await countRow(db, id, of, reason, times, firstAt, lastAt, of, id);
}

/** The latest first. */
export async function list(
  db: Db,
  clientId: string | undefined,
  limit: number,
  before?: { at: number; id: string },
): Promise<TokenRefusal[]> {
  const [where, ...values] = allOf([
    ...(clientId === undefined ? [] : [["client_id = ?", clientId] satisfies Sql]),
    ...(before === undefined ? [] : [["(last_at, id) < (?, ?)", before.at, before.id] satisfies Sql]),
  ]);
  const rows = await query<Row>(
    `SELECT id, client_id, reason, times, first_at, last_at FROM token_refusals ${where} ORDER BY last_at DESC, id DESC LIMIT ?`,
  )(db, ...values, limit);
  return rows.map((row) => ({
    id: row.id,
    clientId: row.client_id || null,
    reason: row.reason,
    times: row.times,
    firstAt: row.first_at,
    lastAt: row.last_at,
  }));
}

export async function removeBefore(db: Db, at: number): Promise<void> {
  await removeOld(db, at);
}
