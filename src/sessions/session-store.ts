import { hash } from "node:crypto";
import type { Knex } from "knex";
import { type Db, isEmbedded } from "../database/database.ts";
import { command, listed, query, toPowerOfTwo } from "../database/statements.ts";

/** A guest's session in one browser, and the applications that were entered in it. */
export interface StoredSession {
  /** SHA-256 of the cookie: identifies the row, opens nothing. */
  idHash: string;
  uid: string;
  sub: string;
  /** The User-Agent header that was last seen. */
  device: string | null;
  /** When the mailbox was proven: seconds since the epoch. */
  loginTs: number;
  authorizations: Record<string, { sid: string; grantId?: string }>;
  /** When it ends because that of the provider does where it began; milliseconds since the epoch. */
  upstreamUntil: number | undefined;
  /** As it was read: a change is made only if it is still the same. */
  payload: string;
  /** When it is to be checked; shows the process that claimed it whether another check was requested since. */
  checkAt: number | null;
  /** Milliseconds since the epoch: then the browser is signed out. Applications may still keep sessions of their own. */
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
/** It can still be listed and ended until the last of its applications' sessions has ended. Takes the time. */
const open = "model = 'Session' AND account_id IS NOT NULL AND (expires_at > ? OR check_at IS NOT NULL)";
const selectOf = query<Row>(`SELECT ${columns} FROM oidc_artifacts WHERE account_id = ? AND ${open} ORDER BY id_hash`);
const selectByUid = query<Row>(`SELECT ${columns} FROM oidc_artifacts WHERE uid = ? AND ${open}`);
// Only sessions are ever to be checked. Saying so again would lead SQLite through all of them, not to those that are due.
const claimSql = (lock: string) =>
  `UPDATE oidc_artifacts SET check_at = ? WHERE model = 'Session' AND id_hash IN
   (SELECT id_hash FROM oidc_artifacts WHERE check_at <= ? ORDER BY check_at LIMIT ? ${lock}) RETURNING ${columns}`;
const claimOnSqlite = query<Row>(claimSql(""));
const claimOnPostgres = query<Row>(claimSql("FOR UPDATE SKIP LOCKED"));
/**
 * Changes sessions that are still as they were found: the columns are set to what is given beside each. The casts also keep SQLite from going
 * through all sessions and looking each up among those that are given, and "+" from looking at all that are due at the same moment.
 */
const updateFound = (sessions: number, columns: string, changed: string) =>
  query<{ id_hash: string }>(
    `WITH looked (id_hash, payload, check_at, ${columns}) AS (VALUES ${Array(sessions)
      .fill(`(?, ?, ?${", ?".repeat(columns.split(",").length)})`)
      .join(", ")})
     UPDATE oidc_artifacts SET ${changed} FROM looked WHERE model = 'Session' AND oidc_artifacts.id_hash = CAST(looked.id_hash AS text)
     AND oidc_artifacts.payload = CAST(looked.payload AS text) AND +oidc_artifacts.check_at = CAST(looked.check_at AS bigint)
     RETURNING oidc_artifacts.id_hash`,
  );
const updateCheckAt = (sessions: number) => updateFound(sessions, "next", "check_at = CAST(looked.next AS bigint)");
const updatePayload = (sessions: number) =>
  updateFound(sessions, "next, kept", "check_at = CAST(looked.next AS bigint), payload = CAST(looked.kept AS text)");
const endRow = query<Row>(
  `UPDATE oidc_artifacts SET consumed_at = ?, expires_at = ?, account_id = NULL, uid = NULL, device = NULL, check_at = NULL
   WHERE model = 'Session' AND id_hash = ? AND consumed_at IS NULL RETURNING ${columns}`,
);
const selectGrants = (grants: string) =>
  query<{ id_hash: string; payload: string }>(
    `SELECT id_hash, payload FROM oidc_artifacts WHERE model = 'Grant' AND id_hash IN (${grants})`,
  );
const deleteGrantRows = (grants: string) => command(`DELETE FROM oidc_artifacts WHERE model = 'Grant' AND id_hash IN (${grants})`);
const deleteTokenRows = (grants: string) => command(`DELETE FROM oidc_artifacts WHERE grant_hash IN (${grants})`);
const recheckGuest = command("UPDATE oidc_artifacts SET check_at = 0 WHERE account_id = ? AND model = 'Session'");
const recheckRows = (sessions: string) =>
  command(`UPDATE oidc_artifacts SET check_at = 0 WHERE model = 'Session' AND id_hash IN (${sessions}) AND check_at IS NOT NULL`);
const recheckMisdated = command("UPDATE oidc_artifacts SET check_at = 0 WHERE model = 'Session' AND check_at > ?");
const upsertWalk = command("INSERT INTO session_checks (client_id, place) VALUES (?, '') ON CONFLICT (client_id) DO UPDATE SET place = ''");
const insertWalk = command("INSERT INTO session_checks (client_id, place) VALUES (?, '') ON CONFLICT (client_id) DO NOTHING");
const selectWalk = query<{ client_id: string }>("SELECT client_id FROM session_checks ORDER BY client_id LIMIT 1");
// A walk that starts again is at "", so a process in the middle of it sees that it has moved.
const takeWalk = query<{ place: string }>(
  "UPDATE session_checks SET place = CASE WHEN place = '' THEN ' ' ELSE place END WHERE client_id = ? RETURNING place",
);
// The text may occur elsewhere in a payload: this only excludes most of the sessions that never entered the application.
const selectOnWay = query<Omit<Row, "payload"> & { payload: string | null }>(
  `SELECT ${columns.replace("payload", "CASE WHEN check_at IS NOT NULL AND payload LIKE ? ESCAPE '!' THEN payload END AS payload")}
   FROM oidc_artifacts WHERE model = 'Session' AND id_hash > ? ORDER BY id_hash LIMIT ?`,
);
const moveWalk = command("UPDATE session_checks SET place = ? WHERE client_id = ? AND place = ?");
const deleteWalk = command("DELETE FROM session_checks WHERE client_id = ? AND place = ?");

export async function listOf(db: Db, sub: string, now: number): Promise<StoredSession[]> {
  return (await selectOf(db, sub, now)).map(toSession);
}

export async function findByUid(db: Db, uid: string, now: number): Promise<StoredSession | undefined> {
  const row = (await selectByUid(db, uid, now))[0];
  return row && toSession(row);
}

/** Takes sessions whose deadlines have to be checked; another process takes them again if this one dies. */
export async function claimDue(db: Knex, now: number, again: number, most: number): Promise<StoredSession[]> {
  const claim = isEmbedded(db) ? claimOnSqlite : claimOnPostgres;
  return (await claim(db, again, now, most)).map(toSession);
}

/** @returns the sessions that are still as they were found, by id_hash. The others are not changed */
export async function checkAgain(db: Db, looked: { session: StoredSession; next: number | null }[]): Promise<Set<string>> {
  const rows = toPowerOfTwo(looked);
  const values = rows.flatMap(({ session, next }) => [session.idHash, session.payload, session.checkAt, next]);
  return idsOf(await updateCheckAt(rows.length)(db, ...values));
}

/** As checkAgain; the sessions continue at these applications only. */
export async function keepAuthorizations(
  db: Db,
  looked: { session: StoredSession; next: number | null; kept: StoredSession["authorizations"] }[],
): Promise<Set<string>> {
  const rows = toPowerOfTwo(looked);
  const values = rows.flatMap(({ session, next, kept }) => {
    const payload = JSON.stringify({ ...(JSON.parse(session.payload) as object), authorizations: kept });
    return [session.idHash, session.payload, session.checkAt, next, payload];
  });
  return idsOf(await updatePayload(rows.length)(db, ...values));
}

/** They changed after they had been found, so they are checked next, unless they have ended. */
export async function recheckSome(db: Db, idHashes: string[]): Promise<void> {
  const [marks, values] = listed(idHashes);
  await recheckRows(marks)(db, ...values);
}

/**
 * Ends a session. The row stays for a while, so that a request under way that saves the session it began with finds it ended.
 * @returns the session as it was at that moment, or undefined if it had already ended
 */
export async function end(db: Db, { idHash, sub }: StoredSession, at: number, until: number): Promise<StoredSession | undefined> {
  const row = (await endRow(db, at, until, idHash))[0];
  return row && { ...toSession(row), sub };
}

/** @returns for each existing grant, the last millisecond in which it can have been made (oidc-provider keeps seconds) */
export async function grantedAt(db: Db, grantIds: string[]): Promise<Map<string, number>> {
  const byHash = new Map(grantIds.map((grantId) => [digest(grantId), grantId]));
  const [marks, hashes] = listed([...byHash.keys()]);
  const rows = await selectGrants(marks)(db, ...hashes);
  return new Map(
    rows.map(({ id_hash, payload }) => [byHash.get(id_hash) as string, (JSON.parse(payload) as { iat: number }).iat * 1000 + 999]),
  );
}

/** Removes the grants first, so that tokens still being issued under them are worthless; then the tokens issued under them. */
export async function removeGrants(db: Db, grantIds: string[]): Promise<void> {
  if (grantIds.length === 0) return;
  const [marks, hashes] = listed(grantIds.map(digest).sort());
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

/** As beginWalk, but one under way goes on. */
export async function continueWalk(db: Db, clientId: string): Promise<void> {
  await insertWalk(db, clientId);
}

/** @returns the application of a walk that is under way ("" of one through all sessions), or undefined if there is none */
export async function nextWalk(db: Db): Promise<string | undefined> {
  return (await selectWalk(db))[0]?.client_id;
}

/** Where a walk is, and the sessions that come next. */
export interface Step {
  clientId: string;
  place: string;
  /** Undefined at the end. */
  next: string | undefined;
  sessions: StoredSession[];
}

/** Nothing is changed, and the next caller gets the same step until `finishStep`: take it in a lease. */
export async function takeStep(db: Db, clientId: string, most: number): Promise<Step | undefined> {
  const [taken] = await takeWalk(db, clientId);
  if (!taken) return undefined;
  const entered = clientId === "" ? "%" : `%${JSON.stringify(clientId).replace(/[!%_]/g, "!$&")}%`;
  const rows = await selectOnWay(db, entered, taken.place, most);
  const sessions = rows.flatMap(({ payload, ...row }) => (payload === null ? [] : toSession({ ...row, payload })));
  const next = rows.length === most ? rows.at(-1)?.id_hash : undefined;
  const inside = sessions.filter(({ authorizations }) => clientId === "" || authorizations[clientId]);
  return { clientId, place: taken.place, next, sessions: inside };
}

/** The walk continues from there, unless it started again meanwhile. */
export async function finishStep(db: Db, { clientId, place, next }: Step): Promise<void> {
  if (next === undefined) await deleteWalk(db, clientId, place);
  else await moveWalk(db, next, clientId, place);
}

function idsOf(rows: { id_hash: string }[]): Set<string> {
  return new Set(rows.map(({ id_hash }) => id_hash));
}

function digest(grantId: string): string {
  return hash("sha256", grantId, "base64url");
}

function toSession(row: Row): StoredSession {
  const { uid, loginTs, authorizations, upstreamUntil } = JSON.parse(row.payload) as Pick<
    StoredSession,
    "uid" | "loginTs" | "authorizations" | "upstreamUntil"
  >;
  return {
    idHash: row.id_hash,
    uid,
    sub: row.account_id,
    device: row.device,
    loginTs,
    authorizations: authorizations ?? {},
    upstreamUntil,
    payload: row.payload,
    checkAt: row.check_at,
    expiresAt: row.expires_at,
  };
}

/** Makes sessions due whose next check is later than is ever possible. */
export async function recheckAfter(db: Db, latest: number): Promise<void> {
  await recheckMisdated(db, latest);
}
