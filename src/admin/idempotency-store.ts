import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";

const claimRow = command(
  "INSERT INTO idempotency_keys (client_id, key, request_hash, answer, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (client_id, key) DO NOTHING",
);
const selectRow = query<{ request_hash: string; status: number | null; answer: string | null }>(
  "SELECT request_hash, status, answer FROM idempotency_keys WHERE client_id = ? AND key = ?",
);
const takeOverRow = command(
  "UPDATE idempotency_keys SET created_at = ? WHERE client_id = ? AND key = ? AND request_hash = ? AND status IS NULL AND created_at < ?",
);
const answerRow = command("UPDATE idempotency_keys SET status = ?, answer = ? WHERE client_id = ? AND key = ?");
const giveUpRow = command("UPDATE idempotency_keys SET created_at = created_at - ? WHERE client_id = ? AND key = ?");
const deleteRow = command("DELETE FROM idempotency_keys WHERE client_id = ? AND key = ?");
const deleteOld = command("DELETE FROM idempotency_keys WHERE created_at < ?");
const deleteMentioning = command("DELETE FROM idempotency_keys WHERE LOWER(answer) LIKE LOWER(?) ESCAPE '!'");

/** @param id kept in the place of the answer until there is one @returns true for exactly one of several requests with the key */
export async function claim(db: Db, clientId: string, key: string, requestHash: string, id: string, at: number): Promise<boolean> {
  return (await claimRow(db, clientId, key, requestHash, id, at)) === 1;
}

/** Takes a key over whose first request never came to an end. @returns true for exactly one of several requests */
export async function takeOver(db: Db, clientId: string, key: string, requestHash: string, at: number, before: number): Promise<boolean> {
  return (await takeOverRow(db, at, clientId, key, requestHash, before)) === 1;
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

export async function removeBefore(db: Db, at: number): Promise<void> {
  await deleteOld(db, at);
}

export async function removeMentioning(db: Db, text: string): Promise<void> {
  await deleteMentioning(db, `%${text.replace(/[!%_]/g, "!$&")}%`);
}
