import { hash } from "node:crypto";
import type { Knex } from "knex";
import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";

/** A guest's session in one browser, and the applications that were entered in it. */
export interface StoredSession {
  /** SHA-256 of the cookie: names the row, opens nothing. */
  idHash: string;
  uid: string;
  sub: string;
  /** The User-Agent header that was last seen. */
  device: string | null;
  /** When the mailbox was proven: seconds since the epoch. */
  loginTs: number;
  authorizations: Record<string, { sid: string; grantId?: string }>;
  /** As it was read: a change is made only to what it was. */
  payload: string;
}

interface Row {
  id_hash: string;
  account_id: string;
  device: string | null;
  payload: string;
}

const columns = "id_hash, account_id, device, payload";
const selectOf = query<Row>(
  `SELECT ${columns} FROM oidc_artifacts WHERE account_id = ? AND model = 'Session' AND expires_at > ? ORDER BY id_hash`,
);
const selectByUid = query<Row>(
  `SELECT ${columns} FROM oidc_artifacts WHERE uid = ? AND model = 'Session' AND expires_at > ? AND account_id IS NOT NULL`,
);
const claimSql = (lock: string) =>
  `UPDATE oidc_artifacts SET check_at = ? WHERE model = 'Session' AND id_hash IN
   (SELECT id_hash FROM oidc_artifacts WHERE model = 'Session' AND check_at <= ? ORDER BY check_at LIMIT ? ${lock}) RETURNING ${columns}`;
const claimOnSqlite = query<Row>(claimSql(""));
const claimOnPostgres = query<Row>(claimSql("FOR UPDATE SKIP LOCKED"));
const updateCheckAt = command("UPDATE oidc_artifacts SET check_at = ? WHERE model = 'Session' AND id_hash = ? AND payload = ?");
const updatePayload = command(
  "UPDATE oidc_artifacts SET payload = ?, check_at = ? WHERE model = 'Session' AND id_hash = ? AND payload = ?",
);
const deleteRow = command("DELETE FROM oidc_artifacts WHERE model = 'Session' AND id_hash = ?");
const deleteOfGrant = command("DELETE FROM oidc_artifacts WHERE grant_hash = ?");
const deleteGrantRow = command("DELETE FROM oidc_artifacts WHERE model = 'Grant' AND id_hash = ?");
const recheckGuest = command("UPDATE oidc_artifacts SET check_at = 0 WHERE account_id = ? AND model = 'Session'");
const recheckEverybody = command("UPDATE oidc_artifacts SET check_at = 0 WHERE model = 'Session' AND check_at > 0");

export async function listOf(db: Db, sub: string, now: number): Promise<StoredSession[]> {
  return (await selectOf(db, sub, now)).map(toSession);
}

export async function findByUid(db: Db, uid: string, now: number): Promise<StoredSession | undefined> {
  const row = (await selectByUid(db, uid, now))[0];
  return row && toSession(row);
}

/** Takes sessions whose deadlines have to be looked at; another one takes them again if this one does not come back. */
export async function claimDue(db: Knex, now: number, again: number, most: number): Promise<StoredSession[]> {
  const claim = (db.client.config as Knex.Config).client === "pg" ? claimOnPostgres : claimOnSqlite;
  return (await claim(db, again, now, most)).map(toSession);
}

export async function checkAgain(db: Db, session: StoredSession, at: number): Promise<void> {
  await updateCheckAt(db, at, session.idHash, session.payload);
}

/** @returns false where the session changed since it was read */
export async function keepAuthorizations(
  db: Db,
  session: StoredSession,
  authorizations: StoredSession["authorizations"],
  checkAt: number,
): Promise<boolean> {
  const payload = JSON.stringify({ ...(JSON.parse(session.payload) as object), authorizations });
  return (await updatePayload(db, payload, checkAt, session.idHash, session.payload)) === 1;
}

export async function remove(db: Db, idHash: string): Promise<boolean> {
  return (await deleteRow(db, idHash)) === 1;
}

/** Removes the grant and what came of it. */
export async function removeGrant(db: Db, grantId: string): Promise<void> {
  const grantHash = hash("sha256", grantId, "base64url");
  await deleteGrantRow(db, grantHash);
  await deleteOfGrant(db, grantHash);
}

export async function recheck(db: Db, sub: string): Promise<void> {
  await recheckGuest(db, sub);
}

export async function recheckAll(db: Db): Promise<void> {
  await recheckEverybody(db);
}

function toSession(row: Row): StoredSession {
  const { uid, loginTs, authorizations } = JSON.parse(row.payload) as Pick<StoredSession, "uid" | "loginTs" | "authorizations">;
  return {
    idHash: row.id_hash,
    uid,
    sub: row.account_id,
    device: row.device,
    loginTs,
    authorizations: authorizations ?? {},
    payload: row.payload,
  };
}
