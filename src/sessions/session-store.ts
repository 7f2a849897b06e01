import { hash } from "node:crypto";
import type { Knex } from "knex";
import { type Db, isEmbedded } from "../database/database.ts";
import { command, listed, query, toPowerOfTwo } from "../database/statements.ts";

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
// A batch was claimed until one moment: "+" keeps SQLite from looking at all of it for each.
const updateCheckAt = (sessions: number) =>
  command(
    `WITH looked (id_hash, payload, check_at, next) AS (VALUES ${Array(sessions).fill("(CAST(? AS text), CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint))").join(", ")})
     UPDATE oidc_artifacts SET check_at = looked.next FROM looked
     WHERE model = 'Session' AND oidc_artifacts.id_hash = looked.id_hash AND oidc_artifacts.payload = looked.payload AND +oidc_artifacts.check_at = looked.check_at`,
  );
const updatePayload = command(
  "UPDATE oidc_artifacts SET payload = ?, check_at = ? WHERE model = 'Session' AND id_hash = ? AND payload = ? AND check_at = ?",
);
const endRow = query<Row>(
  `UPDATE oidc_artifacts SET consumed_at = ?, expires_at = ?, account_id = NULL, uid = NULL, device = NULL, check_at = NULL
   WHERE model = 'Session' AND id_hash = ? AND consumed_at IS NULL RETURNING ${columns}`,
);
const selectGrant = query<{ payload: string }>("SELECT payload FROM oidc_artifacts WHERE model = 'Grant' AND id_hash = ?");
const deleteGrantRows = (grants: string) => command(`DELETE FROM oidc_artifacts WHERE model = 'Grant' AND id_hash IN (${grants})`);
const deleteTokenRows = (grants: string) => command(`DELETE FROM oidc_artifacts WHERE grant_hash IN (${grants})`);
const recheckGuest = command("UPDATE oidc_artifacts SET check_at = 0 WHERE account_id = ? AND model = 'Session'");
const recheckMisdated = command("UPDATE oidc_artifacts SET check_at = 0 WHERE model = 'Session' AND check_at > ?");
const upsertWalk = command("INSERT INTO session_checks (client_id, place) VALUES (?, '') ON CONFLICT (client_id) DO UPDATE SET place = ''");
const selectWalk = query<{ client_id: string }>("SELECT client_id FROM session_checks ORDER BY client_id LIMIT 1");
const takeWalkSql = (lock: string) =>
  `UPDATE session_checks SET place = place WHERE client_id = (SELECT client_id FROM session_checks WHERE client_id = ? ${lock}) RETURNING place`;
const takeWalkOnSqlite = query<{ place: string }>(takeWalkSql(""));
const takeWalkOnPostgres = query<{ place: string }>(takeWalkSql("FOR UPDATE SKIP LOCKED"));
const selectPlaceAfter = query<{ id_hash: string }>(
  "SELECT id_hash FROM oidc_artifacts WHERE model = 'Session' AND id_hash > ? ORDER BY id_hash LIMIT 1 OFFSET ?",
);
// The text may stand elsewhere in a payload: it only leaves out most of those that never entered the application.
const claimOnWay = (end: string) =>
  query<Row>(
    `UPDATE oidc_artifacts SET check_at = ? WHERE model = 'Session' AND id_hash > ? ${end} AND check_at IS NOT NULL
     AND payload LIKE ? ESCAPE '!' RETURNING ${columns}`,
  );
const claimUpTo = claimOnWay("AND id_hash <= ?");
const claimRest = claimOnWay("");
const moveWalk = command("UPDATE session_checks SET place = ? WHERE client_id = ?");
const deleteWalk = command("DELETE FROM session_checks WHERE client_id = ?");

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

/** Nothing for a session that changed since it was claimed, or that someone asked to look at again: that look comes first. */
export async function checkAgain(db: Db, looked: { session: StoredSession; next: number | null }[]): Promise<void> {
  const rows = toPowerOfTwo(looked);
  const values = rows.flatMap(({ session, next }) => [session.idHash, session.payload, session.checkAt, next]);
  await updateCheckAt(rows.length)(db, ...values);
}

/** @returns false if the session changed since it was claimed */
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
 * @returns the session as it was at that moment, or undefined if it had ended already
 */
export async function end(db: Db, { idHash, sub }: StoredSession, at: number, until: number): Promise<StoredSession | undefined> {
  const row = (await endRow(db, at, until, idHash))[0];
  return row && { ...toSession(row), sub };
}

/** @returns the last millisecond in which the grant can have been made (oidc-provider keeps seconds), or undefined if it is gone */
export async function grantedAt(db: Db, grantId: string): Promise<number | undefined> {
  const row = (await selectGrant(db, hash("sha256", grantId, "base64url")))[0];
  return row && (JSON.parse(row.payload) as { iat: number }).iat * 1000 + 999;
}

/** Removes the grants first, so that what is still being issued under them is dead; then the tokens that came of them. */
export async function removeGrants(db: Db, grantIds: string[]): Promise<void> {
  if (grantIds.length === 0) return;
  const [marks, hashes] = listed(grantIds.map((grantId) => hash("sha256", grantId, "base64url")).sort());
  await deleteGrantRows(marks)(db, ...hashes);
  await deleteTokenRows(marks)(db, ...hashes);
}

export async function recheck(db: Db, sub: string): Promise<void> {
  await recheckGuest(db, sub);
}

/** Begins a walk through the sessions at an application, or all of them; one under way starts again. */
export async function beginWalk(db: Db, clientId = ""): Promise<void> {
  await upsertWalk(db, clientId);
}

/** @returns the application of a walk that is under way ("" of one through all sessions), or undefined if there is none */
export async function nextWalk(db: Db): Promise<string | undefined> {
  return (await selectWalk(db))[0]?.client_id;
}

/**
 * Goes a step further in a walk, and takes the sessions on the way as claimDue does. In a transaction: another instance that takes a step
 * in the same walk gets nothing.
 * @param most how many sessions it passes
 */
export async function walk(trx: Db, clientId: string, again: number, most: number): Promise<StoredSession[]> {
  const [taken] = await (isEmbedded(trx) ? takeWalkOnSqlite : takeWalkOnPostgres)(trx, clientId);
  if (!taken) return [];
  const [last] = await selectPlaceAfter(trx, taken.place, most - 1);
  const entered = clientId === "" ? "%" : `%${JSON.stringify(clientId).replace(/[!%_]/g, "!$&")}%`;
  const rows = await (last ? claimUpTo(trx, again, taken.place, last.id_hash, entered) : claimRest(trx, again, taken.place, entered));
  if (last) await moveWalk(trx, last.id_hash, clientId);
  else await deleteWalk(trx, clientId);
  return rows.map(toSession).filter(({ authorizations }) => clientId === "" || authorizations[clientId]);
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

/** Has the sessions looked at whose time for it is later than any can be. */
export async function recheckAfter(db: Db, latest: number): Promise<void> {
  await recheckMisdated(db, latest);
}
