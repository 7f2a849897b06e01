import { skew } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";

/** A server is listed while its heart beats (src/outbox/heartbeat.ts). One that is not listed yet cannot be known to be gone. */
const holder = "(SELECT id FROM outbox_instances WHERE id = ?)";
const claimRow = command(
  `INSERT INTO idempotency_keys (client_id, key, request_hash, answer, created_at, held_by) VALUES (?, ?, ?, ?, ?, ${holder})
   ON CONFLICT (client_id, key) DO NOTHING`,
);
const selectRow = query<{ request_hash: string; status: number | null; answer: string | null }>(
  "SELECT request_hash, status, answer FROM idempotency_keys WHERE client_id = ? AND key = ?",
);
const takeOverRow = command(
  `UPDATE idempotency_keys SET created_at = ?, held_by = ${holder} WHERE client_id = ? AND key = ? AND request_hash = ? AND status IS NULL
   AND (created_at < ? OR created_at > ? OR (held_by IS NOT NULL AND held_by NOT IN (SELECT id FROM outbox_instances)))`,
);
const answerRow = command("UPDATE idempotency_keys SET status = ?, answer = ? WHERE client_id = ? AND key = ?");
const giveUpRow = command("UPDATE idempotency_keys SET created_at = created_at - ? WHERE client_id = ? AND key = ?");
const deleteRow = command("DELETE FROM idempotency_keys WHERE client_id = ? AND key = ?");
const removeOld = removal("idempotency_keys", "client_id, key", "created_at < ? OR created_at > ?");
const deleteMentioning = command("DELETE FROM idempotency_keys WHERE LOWER(answer) LIKE LOWER(?) ESCAPE '!'");

/** One request: a hash of what it asks for, when it came, and the server that carries it out. */
export interface Claim {
  clientId: string;
  key: string;
  requestHash: string;
  at: number;
  by: string;
}

/** @param id kept in the place of the answer until there is one @returns true for exactly one of several requests with the key */
export async function claim(db: Db, { clientId, key, requestHash, at, by }: Claim, id: string): Promise<boolean> {
  return (await claimRow(db, clientId, key, requestHash, id, at, by)) === 1;
}

/**
 * Takes over a key whose first request never finished: its server is gone, or it began before that moment.
 * @returns true for exactly one of several requests
 */
export async function takeOver(db: Db, { clientId, key, requestHash, at, by }: Claim, before: number): Promise<boolean> {
  return (await takeOverRow(db, at, by, clientId, key, requestHash, before, at + skew)) === 1;
}

export async function find(
  db: Db,
  clientId: string,
  key: string,
): Promise<{ requestHash: string; status: number | null; answer: string | null } | undefined> {
  const row = (await selectRow(db, clientId, key))[0];
  return row && { requestHash: row.request_hash, status: row.status, answer: row.answer };
}

export async function answer(db: Db, clientId: string, key: string, status: number, body: string): Promise<void> {
  await answerRow(db, status, body, clientId, key);
}

/** The next request with the key may take it over at once. @param longest how long one may be under way otherwise (milliseconds) */
export async function giveUp(db: Db, clientId: string, key: string, longest: number): Promise<void> {
  await giveUpRow(db, longest, clientId, key);
}

export async function release(db: Db, clientId: string, key: string): Promise<void> {
  await deleteRow(db, clientId, key);
}

/** Removes what is older, and what a clock that was ahead wrote. */
export async function removeBefore(db: Db, at: number, now: number): Promise<void> {
  await removeOld(db, at, now + skew);
}

export async function removeMentioning(db: Db, text: string): Promise<void> {
  await deleteMentioning(db, `%${text.replace(/[!%_]/g, "!$&")}%`);
}
