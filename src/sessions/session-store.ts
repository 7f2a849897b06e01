import { hash } from "node:crypto";
import type { Knex } from "knex";
import { type Db, isEmbedded } from "../database.ts";
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
  /** When it is to be looked at; the one who claimed it knows by this that nobody asked for another look since. */
  checkAt: number | null;
  /** Milliseconds since the epoch: then the browser is nobody any more. Applications may still keep sessions of their own. */
  expiresAt: number;
}

interface Row {
  id_hash: string;
  account_id: string;
  device: string | null;
  payload: string;
  check_at: number | null;
  expires_at: number;
}

const columns = "id_hash, account_id, device, payload, check_at, expires_at";
/** Until the last of its applications is over too, it can still be listed and ended. Takes the time. */
const open = "model = 'Session' AND account_id IS NOT NULL AND (expires_at > ? OR check_at IS NOT NULL)";
const selectOf = query<Row>(`SELECT ${columns} FROM oidc_artifacts WHERE account_id = ? AND ${open} ORDER BY id_hash`);
const selectByUid = query<Row>(`SELECT ${columns} FROM oidc_artifacts WHERE uid = ? AND ${open}`);
// Only sessions are to be looked at. Saying so again would lead SQLite through all of them, not to those that are due.
const claimSql = (lock: string) =>
  `UPDATE oidc_artifacts SET check_at = ? WHERE model = 'Session' AND id_hash IN
   (SELECT id_hash FROM oidc_artifacts WHERE check_at <= ? ORDER BY check_at LIMIT ? ${lock}) RETURNING ${columns}`;
const claimOnSqlite = query<Row>(claimSql(""));
const claimOnPostgres = query<Row>(claimSql("FOR UPDATE SKIP LOCKED"));
const updateCheckAt = command(
  "UPDATE oidc_artifacts SET check_at = ? WHERE model = 'Session' AND id_hash = ? AND payload = ? AND check_at = ?",
);
const updatePayload = command(
  "UPDATE oidc_artifacts SET payload = ?, check_at = ? WHERE model = 'Session' AND id_hash = ? AND payload = ? AND check_at = ?",
);
const endRow = query<Row>(
  `UPDATE oidc_artifacts SET consumed_at = ?, expires_at = ?, account_id = NULL, uid = NULL, device = NULL, check_at = NULL
   WHERE model = 'Session' AND id_hash = ? AND consumed_at IS NULL RETURNING ${columns}`,
);
const selectGrant = query<{ payload: string }>("SELECT payload FROM oidc_artifacts WHERE model = 'Grant' AND id_hash = ?");
const deleteGrantRow = command("DELETE FROM oidc_artifacts WHERE model = 'Grant' AND id_hash = ?");
const deleteTokenRows = command("DELETE FROM oidc_artifacts WHERE grant_hash = ?");
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
  const claim = isEmbedded(db) ? claimOnSqlite : claimOnPostgres;
  return (await claim(db, again, now, most)).map(toSession);
}

/** Nothing where the session changed since it was claimed, or someone asked for another look: that one comes first. */
export async function checkAgain(db: Db, session: StoredSession, at: number | null): Promise<void> {
  await updateCheckAt(db, at, session.idHash, session.payload, session.checkAt);
}

/** @returns false where the session changed since it was claimed */
export async function keepAuthorizations(
  db: Db,
  session: StoredSession,
  authorizations: StoredSession["authorizations"],
  checkAt: number | null,
): Promise<boolean> {
  const payload = JSON.stringify({ ...(JSON.parse(session.payload) as object), authorizations });
  return (await updatePayload(db, payload, checkAt, session.idHash, session.payload, session.checkAt)) === 1;
}

/**
 * Ends a session. The row stays for a while, for nobody: a request under way that saves the session it began with finds it ended.
 * @returns the session as it was at that moment, or undefined where it had ended already
 */
export async function end(db: Db, { idHash, sub }: StoredSession, at: number, until: number): Promise<StoredSession | undefined> {
  const row = (await endRow(db, at, until, idHash))[0];
  return row && { ...toSession(row), sub };
}

/** @returns the last millisecond in which the grant can have been made (oidc-provider keeps seconds), or undefined where it is gone */
export async function grantedAt(db: Db, grantId: string): Promise<number | undefined> {
  const row = (await selectGrant(db, hash("sha256", grantId, "base64url")))[0];
  return row && (JSON.parse(row.payload) as { iat: number }).iat * 1000 + 999;
}

/** Removes the grant first, so that what is still being issued under it is dead; then the tokens that came of it. */
export async function removeGrant(db: Db, grantId: string): Promise<void> {
  const grantHash = hash("sha256", grantId, "base64url");
  await deleteGrantRow(db, grantHash);
  await deleteTokenRows(db, grantHash);
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
    checkAt: row.check_at,
    expiresAt: row.expires_at,
  };
}
