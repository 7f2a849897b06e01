// The servers that send mail, and the end of the leases of one that is gone.

import type { Knex } from "knex";
import { type Db, transaction } from "../database/database.ts";
import { command, query } from "../database/statements.ts";

export interface Beat {
  id: string;
  beat: number;
}

const insertInstance = command("INSERT INTO outbox_instances (id, beat, secrets) VALUES (?, 1, ?) ON CONFLICT (id) DO NOTHING");
const selectWithout = query<Beat>("SELECT id, beat FROM outbox_instances WHERE ' ' || COALESCE(secrets, '') || ' ' NOT LIKE ?");
const updateBeat = command("UPDATE outbox_instances SET beat = beat + 1 WHERE id = ?");
const selectOthers = query<Beat>("SELECT id, beat FROM outbox_instances WHERE id <> ?");
const deleteInstance = command("DELETE FROM outbox_instances WHERE id = ?");
const deleteStill = command("DELETE FROM outbox_instances WHERE id = ? AND beat = ?");
/** Marks the mails it was sending as in doubt. The next instance to take a mail cannot do this, since it may have looked a moment before. */
const noteDoubts = command(
  `INSERT INTO outbox_attempts (mail_id, attempt, at, outcome)
   SELECT id, attempts + 1, CAST(? AS bigint), 'unknown' FROM outbox WHERE state = 'queued' AND leased_by = ? AND leased_until > ?
   ON CONFLICT DO NOTHING`,
);
const endLeases = command(
  "UPDATE outbox SET leased_until = 0, attempts = attempts + 1 WHERE state = 'queued' AND leased_by = ? AND leased_until > ?",
);

/** @param secrets names of the master keys that it knows */
export async function register(db: Db, id: string, secrets: readonly string[]): Promise<void> {
  await insertInstance(db, id, secrets.join(" "));
}

/** @returns those that do not know the named master key */
export function without(db: Db, secret: string): Promise<Beat[]> {
  return selectWithout(db, `% ${secret} %`);
}

/** @returns false if others took the instance for dead: what it held is free */
export async function beat(db: Db, id: string): Promise<boolean> {
  return (await updateBeat(db, id)) === 1;
}

export function others(db: Db, id: string): Promise<Beat[]> {
  return selectOthers(db, id);
}

export async function remove(db: Db, id: string): Promise<void> {
  await deleteInstance(db, id);
}

/**
 * Ends the leases of an instance at that moment (milliseconds since the epoch), marks the mails it was sending as in doubt, and forgets it.
 * @param beat its last one; if it has changed since, the instance is alive and nothing is done
 * @returns whether this caller did it
 */
export function bury(db: Knex, { id, beat }: Beat, at: number): Promise<boolean> {
  return transaction(db, async (trx) => {
    if ((await deleteStill(trx, id, beat)) !== 1) return false;
    await noteDoubts(trx, at, id, at);
    await endLeases(trx, id, at);
    return true;
  });
}
