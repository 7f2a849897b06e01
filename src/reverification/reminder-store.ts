import type { Db } from "../database.ts";
import { command } from "../statements.ts";

const insertRow = command(
  `INSERT INTO reminders (guest_sub, client_id, deadline)
   SELECT g.sub, p.client_id, CAST(? AS bigint) FROM guests g, applications p WHERE g.sub = ? AND g.state <> 'suspended' AND p.client_id = ?
   ON CONFLICT DO NOTHING`,
);
const deletePassed = command("DELETE FROM reminders WHERE deadline < ?");

/** @returns true for exactly one caller; false for all where the guest is suspended or gone, or the application is */
export async function insert(db: Db, sub: string, clientId: string, deadline: number): Promise<boolean> {
  return (await insertRow(db, deadline, sub, clientId)) === 1;
}

export async function removePassed(db: Db, now: number): Promise<void> {
  await deletePassed(db, now);
}
