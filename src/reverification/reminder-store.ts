import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";

const insertRow = command(
  `INSERT INTO reminders (guest_sub, client_id, deadline)
   SELECT g.sub, p.client_id, CAST(? AS bigint) FROM guests g, applications p WHERE g.sub = ? AND g.state <> 'suspended' AND p.client_id = ? AND p.removed_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM reminders_off o WHERE o.guest_sub = g.sub)
   ON CONFLICT DO NOTHING`,
);
const insertOff = command(
  "INSERT INTO reminders_off (guest_sub, since) SELECT sub, CAST(? AS bigint) FROM guests WHERE sub = ? ON CONFLICT (guest_sub) DO NOTHING",
);
const deleteOff = command("DELETE FROM reminders_off WHERE guest_sub = ?");
const copyRow = command(
  "INSERT INTO reminders_off (guest_sub, since) SELECT CAST(? AS text), since FROM reminders_off WHERE guest_sub = ? ON CONFLICT (guest_sub) DO NOTHING",
);
const selectOff = query<object>("SELECT 1 FROM reminders_off WHERE guest_sub = ?");
const removePassedRows = removal("reminders", "guest_sub, client_id, deadline", "deadline < ?");

/** @returns true for exactly one caller; false for all where the guest is suspended, gone or wants none, or the application is */
export async function insert(db: Db, sub: string, clientId: string, deadline: number): Promise<boolean> {
  return (await insertRow(db, deadline, sub, clientId)) === 1;
}

export async function removePassed(db: Db, now: number): Promise<void> {
  await removePassedRows(db, now);
}

/** @returns false if they were already off, or the guest is gone */
export async function switchOff(db: Db, sub: string, at: number): Promise<boolean> {
  return (await insertOff(db, at, sub)) === 1;
}

/** @returns false if they were already on */
export async function switchOn(db: Db, sub: string): Promise<boolean> {
  return (await deleteOff(db, sub)) === 1;
}

export async function areOff(db: Db, sub: string): Promise<boolean> {
  return (await selectOff(db, sub)).length > 0;
}

/** If they are off for one of the two, they are off for the other. */
export async function copyOff(db: Db, from: string, to: string): Promise<void> {
  await copyRow(db, to, from);
}
