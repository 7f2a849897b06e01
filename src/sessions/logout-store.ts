import type { Knex } from "knex";
import { type Db, isEmbedded } from "../database.ts";
import { command, query } from "../statements.ts";

export interface QueuedLogout {
  id: string;
  clientId: string;
  sub: string;
  sid: string;
  attempts: number;
  createdAt: number;
}

interface Row {
  id: string;
  client_id: string;
  sub: string;
  sid: string;
  attempts: number;
  created_at: number;
}

const insertRow = command(
  `INSERT INTO logouts (id, client_id, sub, sid, state, attempts, created_at, next_attempt_at, leased_until) VALUES (?, ?, ?, ?, 'queued', 0, ?, ?, 0)
   ON CONFLICT (client_id, sid) DO NOTHING`,
);
const claimSql = (lock: string) =>
  `UPDATE logouts SET leased_until = ?, leased_by = ? WHERE id IN
   (SELECT id FROM logouts WHERE state = 'queued' AND next_attempt_at <= ? AND leased_until <= ? ORDER BY next_attempt_at LIMIT ? ${lock})
   RETURNING id, client_id, sub, sid, attempts, created_at`;
const claimOnSqlite = query<Row>(claimSql(""));
const claimOnPostgres = query<Row>(claimSql("FOR UPDATE SKIP LOCKED"));
const settleRow = command(
  "UPDATE logouts SET state = ?, attempts = attempts + 1, settled_at = ?, last_error = ?, leased_until = 0 WHERE id = ? AND leased_by = ? AND state = 'queued'",
);
const delayRow = command(
  "UPDATE logouts SET attempts = attempts + 1, next_attempt_at = ?, last_error = ?, leased_until = 0 WHERE id = ? AND leased_by = ? AND state = 'queued'",
);
const putOffSql = (lock: string) =>
  `UPDATE logouts SET next_attempt_at = ? WHERE id IN
   (SELECT id FROM logouts WHERE client_id = ? AND state = 'queued' AND next_attempt_at <= ? AND leased_until <= ? ${lock})`;
const putOffOnSqlite = command(putOffSql(""));
const putOffOnPostgres = command(putOffSql("FOR UPDATE SKIP LOCKED"));
const deleteSettled = command("DELETE FROM logouts WHERE settled_at < ?");

/** Once for each session at an application, however often it is asked. */
export async function insert(db: Db, logout: { id: string; clientId: string; sub: string; sid: string; at: number }): Promise<void> {
  await insertRow(db, logout.id, logout.clientId, logout.sub, logout.sid, logout.at, logout.at);
}

export async function claim(db: Knex, lease: { by: string; at: number; until: number; most: number }): Promise<QueuedLogout[]> {
  const select = isEmbedded(db) ? claimOnSqlite : claimOnPostgres;
  const rows = await select(db, lease.until, lease.by, lease.at, lease.at, lease.most);
  return rows.map((row) => ({
    id: row.id,
    clientId: row.client_id,
    sub: row.sub,
    sid: row.sid,
    attempts: row.attempts,
    createdAt: row.created_at,
  }));
}

/** @returns false where the lease was lost */
export async function settle(
  db: Db,
  id: string,
  by: string,
  state: "delivered" | "given-up",
  at: number,
  error: string | null,
): Promise<boolean> {
  return (await settleRow(db, state, at, error, id, by)) === 1;
}

export async function delay(db: Db, id: string, by: string, nextAttemptAt: number, error: string): Promise<void> {
  await delayRow(db, nextAttemptAt, error, id, by);
}

/** What else the application is to be told now is told later. */
export async function putOff(db: Knex, clientId: string, now: number, until: number): Promise<void> {
  const put = isEmbedded(db) ? putOffOnSqlite : putOffOnPostgres;
  await put(db, until, clientId, now, now);
}

export async function removeSettled(db: Db, before: number): Promise<void> {
  await deleteSettled(db, before);
}
