import { hash } from "node:crypto";
import type { Db } from "../database.ts";
import { command, query, type Value } from "../statements.ts";

/** One of oidc-provider's artifacts, as it is kept. Times are milliseconds since the epoch. */
export interface Artifact {
  model: string;
  /** Of the identifier. */
  idHash: string;
  /** JSON. */
  payload: string;
  /** The grant that it ends with. */
  grantHash: string | null;
  /** Of a session: another name that it goes by. */
  uid: string | null;
  /** The session that it belongs to, by its uid. */
  sessionUid: string | null;
  accountId: string | null;
  expiresAt: number | null;
  /** Of a session: the browser it is in (the User-Agent header), and when its deadlines have to be looked at next. */
  device: string | null;
  checkAt: number | null;
}

/** Of an artifact that nothing is left of. */
export const ended = {
  payload: "{}",
  grantHash: null,
  uid: null,
  sessionUid: null,
  accountId: null,
  expiresAt: 0,
  device: null,
  checkAt: null,
};

export interface StoredArtifact {
  payload: string;
  consumedAt: number | null;
}

/** A session as a request found it. */
export interface LoadedSession {
  idHash: string;
  payload: string;
}

/** What lives by a grant and a session is read together with them. */
export interface FoundArtifact extends StoredArtifact {
  grantHash: string | null;
  grant: StoredArtifact | undefined;
  sessionUid: string | null;
  session: StoredArtifact | undefined;
}

interface Row {
  payload: string;
  consumed_at: number | null;
  expires_at: number | null;
}

interface FoundRow extends Row {
  grant_hash: string | null;
  grant_payload: string | null;
  grant_expires_at: number | null;
  session_uid: string | null;
  session_payload: string | null;
  session_expires_at: number | null;
}

// A look at a session that was asked for sooner stays (the last column). A session that was ended stays ended, and one that has
// changed since it was loaded stays as it is.
const columns = ["model", "id_hash", "payload", "grant_hash", "uid", "session_uid", "account_id", "expires_at", "device", "check_at"];
const upsertRows = (count: number) =>
  command(
    `INSERT INTO oidc_artifacts (${columns.join(", ")}) VALUES ${Array(count)
      .fill(`(${columns.map(() => "?").join(", ")})`)
      .join(", ")}
     ON CONFLICT (model, id_hash) DO UPDATE SET ${columns
       .slice(2, -1)
       .map((column) => `${column} = excluded.${column}`)
       .join(", ")},
     check_at = CASE WHEN oidc_artifacts.check_at < excluded.check_at THEN oidc_artifacts.check_at ELSE excluded.check_at END
     WHERE oidc_artifacts.model <> 'Session'
     OR (oidc_artifacts.consumed_at IS NULL AND (oidc_artifacts.id_hash <> CAST(? AS text) OR oidc_artifacts.payload = CAST(? AS text)))`,
  );
const upserts: ReturnType<typeof upsertRows>[] = [];
// What has expired is left out below: asked for in SQL, it tempts a planner without statistics to look through all that has not.
const selectById = query<FoundRow>(
  `SELECT a.payload, a.consumed_at, a.expires_at, a.grant_hash, g.payload AS grant_payload, g.expires_at AS grant_expires_at,
   a.session_uid, s.payload AS session_payload, s.expires_at AS session_expires_at FROM oidc_artifacts a
   LEFT JOIN oidc_artifacts g ON g.model = 'Grant' AND g.id_hash = a.grant_hash
   LEFT JOIN oidc_artifacts s ON s.uid = a.session_uid
   WHERE a.model = ? AND a.id_hash = ?`,
);
const selectByUid = query<Row>("SELECT payload, consumed_at, expires_at FROM oidc_artifacts WHERE uid = ?");
const deleteById = command("DELETE FROM oidc_artifacts WHERE model = ? AND id_hash = ?");
const deleteByGrant = command("DELETE FROM oidc_artifacts WHERE grant_hash = ?");
const consumeRow = command("UPDATE oidc_artifacts SET consumed_at = ? WHERE model = ? AND id_hash = ? AND consumed_at IS NULL");
const insertOnce = command(
  `INSERT INTO oidc_artifacts (model, id_hash, payload, expires_at) VALUES ('ReplayDetection', ?, '{}', ?)
   ON CONFLICT (model, id_hash) DO UPDATE SET expires_at = excluded.expires_at WHERE oidc_artifacts.expires_at <= ?`,
);
// A session that applications may still keep theirs by stays until they were told that it is over.
const deleteExpired = command("DELETE FROM oidc_artifacts WHERE expires_at < ? AND check_at IS NULL");

const deleteOfAccount = command("DELETE FROM oidc_artifacts WHERE account_id = ? AND model <> 'Session'");
// The text stands nowhere else in a payload: in JSON, quotation marks within a value are escaped. It reads all tokens, but an application is
// seldom removed.
const ofApplication = "DELETE FROM oidc_artifacts WHERE model <> 'Session' AND REPLACE(payload, ?, '') <> payload";
const deleteOfApplication = command(ofApplication);
const deleteOfAccountAt = command(`${ofApplication} AND account_id = ?`);
const deleteMentioning = command(
  "DELETE FROM oidc_artifacts WHERE model IN ('Interaction', 'PushedAuthorizationRequest') AND LOWER(payload) LIKE LOWER(?) ESCAPE '!'",
);

/**
 * All of them or none. Give each once, and in an order that everyone keeps: two statements at once then wait for one another in turn.
 * @param loaded the session that is among them, as it was found
 * @returns how many: a session that was ended is not stored again, nor over what changed since it was loaded
 */
export async function upsertAll(db: Db, artifacts: Artifact[], loaded?: LoadedSession): Promise<number> {
  const upsert = (upserts[artifacts.length] ??= upsertRows(artifacts.length));
  return upsert(db, ...artifacts.flatMap(valuesOf), loaded?.idHash ?? "", loaded?.payload ?? "");
}

export async function find(db: Db, model: string, idHash: string, now: number): Promise<FoundArtifact | undefined> {
  const row = (await selectById(db, model, idHash))[0];
  const found = toStored(row, now);
  if (!row || !found) return undefined;
  return {
    ...found,
    grantHash: row.grant_hash,
    grant: toStored({ payload: row.grant_payload, consumed_at: null, expires_at: row.grant_expires_at }, now),
    sessionUid: row.session_uid,
    session: toStored({ payload: row.session_payload, consumed_at: null, expires_at: row.session_expires_at }, now),
  };
}

/** Only sessions have a uid. */
export async function findByUid(db: Db, uid: string, now: number): Promise<StoredArtifact | undefined> {
  return toStored((await selectByUid(db, uid))[0], now);
}

/** @returns true for exactly one caller */
export async function consume(db: Db, model: string, idHash: string, now: number): Promise<boolean> {
  return (await consumeRow(db, now, model, idHash)) === 1;
}

/** @returns false where it was used before and that use has not expired */
export async function useOnce(db: Db, idHash: string, expiresAt: number, now: number): Promise<boolean> {
  return (await insertOnce(db, idHash, expiresAt, now)) === 1;
}

export async function remove(db: Db, model: string, idHash: string): Promise<void> {
  await deleteById(db, model, idHash);
}

export async function removeByGrant(db: Db, grantHash: string): Promise<void> {
  await deleteByGrant(db, grantHash);
}

export async function removeOfAccount(db: Db, sub: string): Promise<void> {
  await deleteOfAccount(db, sub);
}

export async function removeOfApplication(db: Db, clientId: string, sub?: string): Promise<void> {
  const text = `"clientId":${JSON.stringify(clientId)}`;
  await (sub === undefined ? deleteOfApplication(db, text) : deleteOfAccountAt(db, text, sub));
}

/** Removes the requests under way that name the address. */
export async function removeMentioning(db: Db, address: string): Promise<void> {
  await deleteMentioning(db, `%${JSON.stringify(address).slice(1, -1).replace(/[!%_]/g, "!$&")}%`);
}

export async function removeExpired(db: Db, before: number): Promise<void> {
  await deleteExpired(db, before);
}

/** An identifier that works as a credential is stored as its SHA-256 only. */
export function digest(id: string): string {
  return hash("sha256", id, "base64url");
}

/** In the order of `columns`. */
function valuesOf(a: Artifact): Value[] {
  return [a.model, a.idHash, a.payload, a.grantHash, a.uid, a.sessionUid, a.accountId, a.expiresAt, a.device, a.checkAt];
}

function toStored(row: (Omit<Row, "payload"> & { payload: string | null }) | undefined, now: number): StoredArtifact | undefined {
  if (!row || row.payload === null || (row.expires_at !== null && row.expires_at <= now)) return undefined;
  return { payload: row.payload, consumedAt: row.consumed_at };
}
