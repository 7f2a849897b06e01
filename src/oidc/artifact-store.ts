import { hash } from "node:crypto";
import { type Db, isEmbedded } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query, type Value } from "../database/statements.ts";

/** One of oidc-provider's artifacts, as it is kept. Times are milliseconds since the epoch. */
export interface Artifact {
  model: string;
  /** Of the identifier. */
  idHash: string;
  /** JSON. */
  payload: string;
  /** The grant that it ends with. */
  grantHash: string | null;
  /** Another name of a session. */
  uid: string | null;
  /** The session that it belongs to, by its uid. */
  sessionUid: string | null;
  accountId: string | null;
  expiresAt: number | null;
  /** When it was used, if that is stored together with what is issued for it. Anything else is consumed in place. */
  consumedAt?: number;
  /** For a session: its browser (the User-Agent header), and when its deadlines have to be checked next. */
  device: string | null;
  checkAt: number | null;
}

/** The columns of an artifact that has ended. */
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

/** When a session ends at the latest, because that of the provider does where it began: milliseconds since the epoch. */
export interface Capped {
  upstreamUntil?: number | undefined;
}

/** A session as a request found it. */
export interface LoadedSession {
  idHash: string;
  payload: string;
}

/** Artifacts that depend on a grant and a session are read together with them. */
export interface FoundArtifact extends StoredArtifact {
  expiresAt: number | null;
  grantHash: string | null;
  grant: StoredArtifact | undefined;
  sessionUid: string | null;
  session: StoredArtifact | undefined;
  /** As it was stored last, even if it has expired. */
  sessionPayload: string | null;
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

const columns = {
  model: "text",
  id_hash: "text",
  payload: "text",
  grant_hash: "text",
  uid: "text",
  session_uid: "text",
  account_id: "text",
  expires_at: "bigint",
  consumed_at: "bigint",
  device: "text",
  check_at: "bigint",
};
const overwritten = Object.keys(columns).filter((column) => !["model", "id_hash", "consumed_at", "check_at"].includes(column));
// All of them are stored, or none if another request has used what they are issued for: PostgreSQL waits for one that is about to (`lock`),
// and SQLite runs one statement after the other. An earlier check of a session stays. A session or an interaction that was
// ended stays ended, and a session that has changed since it was loaded stays as it is.
const upsertRows = (count: number, using: boolean, lock: string) => {
  const row = `(${Object.values(columns)
    .map((type) => `CAST(? AS ${type})`)
    .join(", ")})`;
  const rows = `VALUES ${Array(count).fill(row).join(", ")}`;
  const unused = `EXISTS (SELECT 1 FROM oidc_artifacts WHERE model = ? AND id_hash = ? AND consumed_at IS NULL ${lock})`;
  return command(
    `INSERT INTO oidc_artifacts (${Object.keys(columns).join(", ")}) ${using ? `SELECT * FROM (${rows}) AS asked WHERE ${unused}` : rows}
     ON CONFLICT (model, id_hash) DO UPDATE SET ${overwritten.map((column) => `${column} = excluded.${column}`).join(", ")},
     consumed_at = COALESCE(oidc_artifacts.consumed_at, excluded.consumed_at),
     check_at = CASE WHEN oidc_artifacts.check_at < excluded.check_at THEN oidc_artifacts.check_at ELSE excluded.check_at END
     WHERE oidc_artifacts.model NOT IN ('Session', 'Interaction')
     OR (oidc_artifacts.consumed_at IS NULL AND (oidc_artifacts.id_hash <> CAST(? AS text) OR oidc_artifacts.payload = CAST(? AS text)))`,
  );
};
const upserts = new Map<string, ReturnType<typeof upsertRows>>();
// Expired artifacts are filtered out below. A condition in SQL tempts a planner without statistics to scan all artifacts that have not expired.
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
// The first use counts, whichever later one is examined. A use further ahead than the grace period was recorded by a wrong clock.
const consumeRowAgain = command(
  `UPDATE oidc_artifacts SET consumed_at = COALESCE(consumed_at, ?) WHERE model = ? AND id_hash = ?
   AND (consumed_at IS NULL OR (consumed_at > ? AND consumed_at < ?))`,
);
const insertOnce = command(
  `INSERT INTO oidc_artifacts (model, id_hash, payload, expires_at) VALUES ('ReplayDetection', ?, '{}', ?)
   ON CONFLICT (model, id_hash) DO UPDATE SET expires_at = excluded.expires_at WHERE oidc_artifacts.expires_at <= ?`,
);
// A session on which applications' own sessions may depend stays until they were told that it has ended.
const removeExpiredRows = removal("oidc_artifacts", "model, id_hash", "expires_at < ? AND check_at IS NULL");

const deleteOfAccount = command("DELETE FROM oidc_artifacts WHERE account_id = ? AND model <> 'Session'");
const deleteOfAccountAt = command("DELETE FROM oidc_artifacts WHERE client_id = ? AND account_id = ?");
const deleteOfApplication = command("DELETE FROM oidc_artifacts WHERE client_id = ?");
const deleteOfNobodyAt = command("DELETE FROM oidc_artifacts WHERE client_id = ? AND account_id IS NULL");
const deleteSomeOfApplication = command(
  "DELETE FROM oidc_artifacts WHERE (model, id_hash) IN (SELECT model, id_hash FROM oidc_artifacts WHERE client_id = ? LIMIT ?)",
);
const deleteMentioning = command(
  "DELETE FROM oidc_artifacts WHERE model IN ('Interaction', 'PushedAuthorizationRequest') AND LOWER(payload) LIKE LOWER(?) ESCAPE '!'",
);

/**
 * All of them or none. Give each once, and in a fixed order, so that two simultaneous statements cannot deadlock.
 * @param loaded the session that is among them, as it was found
 * @returns how many: a session that has ended or changed since it was loaded is not stored. None if a used artifact is
 * among them and another request has used it
 */
export async function upsertAll(db: Db, artifacts: Artifact[], loaded?: LoadedSession): Promise<number> {
  const used = artifacts.find(isUsed);
  const kind = `${artifacts.length}${used ? " using" : ""}${isEmbedded(db) ? "" : " and waiting"}`;
  const upsert = upserts.get(kind) ?? upsertRows(artifacts.length, used !== undefined, isEmbedded(db) ? "" : "FOR UPDATE");
  upserts.set(kind, upsert);
  return upsert(
    db,
    ...artifacts.flatMap(valuesOf),
    ...(used ? [used.model, used.idHash] : []),
    loaded?.idHash ?? "",
    loaded?.payload ?? "",
  );
}

/** Whether it is used up by what is stored with it: an interaction whose result is taken, or an authorization code. */
export function isUsed({ consumedAt }: Artifact): boolean {
  return consumedAt !== undefined;
}

export async function find(db: Db, model: string, idHash: string, now: number): Promise<FoundArtifact | undefined> {
  const row = (await selectById(db, model, idHash))[0];
  const found = toStored(row, now);
  if (!row || !found) return undefined;
  return {
    ...found,
    expiresAt: row.expires_at,
    grantHash: row.grant_hash,
    grant: toStored({ payload: row.grant_payload, consumed_at: null, expires_at: row.grant_expires_at }, now),
    sessionUid: row.session_uid,
    session: toStored({ payload: row.session_payload, consumed_at: null, expires_at: row.session_expires_at }, now),
    sessionPayload: row.session_payload,
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

/** @returns false once the first use is `grace` milliseconds old */
export async function consumeWithin(db: Db, model: string, idHash: string, now: number, grace: number): Promise<boolean> {
  return (await consumeRowAgain(db, now, model, idHash, now - grace, now + grace)) === 1;
}

/** @returns false if it was used before and that use has not expired */
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

export async function removeOfAccountAt(db: Db, clientId: string, sub: string): Promise<void> {
  await deleteOfAccountAt(db, clientId, sub);
}

export async function removeOfApplication(db: Db, clientId: string): Promise<void> {
  await deleteOfApplication(db, clientId);
}

/** Removes the application's own tokens, which are about no guest. */
export async function removeOfNobodyAt(db: Db, clientId: string): Promise<void> {
  await deleteOfNobodyAt(db, clientId);
}

/** @returns how many */
export function removeSomeOfApplication(db: Db, clientId: string, most: number): Promise<number> {
  return deleteSomeOfApplication(db, clientId, most);
}

/** Removes the requests under way that name the address. */
export async function removeMentioning(db: Db, address: string): Promise<void> {
  await deleteMentioning(db, `%${JSON.stringify(address).slice(1, -1).replace(/[!%_]/g, "!$&")}%`);
}

export async function removeExpired(db: Db, before: number): Promise<void> {
  await removeExpiredRows(db, before);
}

/** An identifier that works as a credential is stored as its SHA-256 only. */
export function digest(id: string): string {
  return hash("sha256", id, "base64url");
}

/** In the order of `columns`. */
function valuesOf(a: Artifact): Value[] {
  return [
    a.model,
    a.idHash,
    a.payload,
    a.grantHash,
    a.uid,
    a.sessionUid,
    a.accountId,
    a.expiresAt,
    a.consumedAt ?? null,
    a.device,
    a.checkAt,
  ];
}

function toStored(row: (Omit<Row, "payload"> & { payload: string | null }) | undefined, now: number): StoredArtifact | undefined {
  if (!row || row.payload === null || (row.expires_at !== null && row.expires_at <= now)) return undefined;
  return { payload: row.payload, consumedAt: row.consumed_at };
}
