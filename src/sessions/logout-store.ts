import type { Db } from "../database/database.ts";
import { queueStore } from "../database/queue.ts";
import { command, toPowerOfTwo } from "../database/statements.ts";

export interface LogoutColumns {
  sub: string;
  sid: string;
}

export const logoutQueue = queueStore<LogoutColumns>("logouts", "sub, sid");

const insertRows = (rows: number) =>
  command(
    `INSERT INTO logouts (id, client_id, sub, sid, state, attempts, created_at, next_attempt_at, leased_until)
     VALUES ${Array(rows).fill("(?, ?, ?, ?, 'queued', 0, ?, ?, 0)").join(", ")} ON CONFLICT (client_id, sid) DO NOTHING`,
  );

/** Once for each session at an application, however often it is requested. */
export async function insert(db: Db, logouts: { id: string; clientId: string; sub: string; sid: string }[], at: number): Promise<void> {
  const rows = toPowerOfTwo(logouts);
  await insertRows(rows.length)(db, ...rows.flatMap(({ id, clientId, sub, sid }) => [id, clientId, sub, sid, at, at]));
}
