import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";
import type { Administrator, AdministratorPasskey, AdministratorSession, Role } from "./administrator.ts";

interface Row {
  id: string;
  email: string;
  name: string | null;
  role: Role;
  issuer: string | null;
  subject: string | null;
  created_at: number;
}

const columns = "id, email, name, role, issuer, subject, created_at";
const insertRow = command(
  `INSERT INTO administrators (id, email, email_key, name, role, issuer, subject, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
   ON CONFLICT DO NOTHING`,
);
const selectAll = query<Row>(`SELECT ${columns} FROM administrators ORDER BY email_key`);
const selectById = query<Row>(`SELECT ${columns} FROM administrators WHERE id = ?`);
const selectByKey = query<Row>(`SELECT ${columns} FROM administrators WHERE email_key = ?`);
const selectByUpstream = query<Row>(`SELECT ${columns} FROM administrators WHERE issuer = ? AND subject = ?`);
/** The address stays as it was if the new one is already somebody else's. */
const updatePerson = command(
  `UPDATE administrators SET email = ?, email_key = ?, name = ?
   WHERE id = ? AND NOT EXISTS (SELECT 1 FROM administrators WHERE email_key = ? AND id <> ?)`,
);
const clearUpstream = command("UPDATE administrators SET issuer = NULL, subject = NULL WHERE id = ?");
/** The rows of all owners are taken first, so that two changes at once cannot leave none. */
const takeOwners = command("UPDATE administrators SET role = role WHERE role = 'owner'");
const notTheLastOwner = "(role <> 'owner' OR (SELECT COUNT(*) FROM administrators WHERE role = 'owner') > 1)";
const updateRole = command(`UPDATE administrators SET role = ? WHERE id = ? AND (CAST(? AS text) = 'owner' OR ${notTheLastOwner})`);
const deleteRow = command(`DELETE FROM administrators WHERE id = ? AND ${notTheLastOwner}`);

/** @returns false if the address, or the person at the provider, is one's already */
export async function insert(db: Db, { upstream, ...one }: Administrator, emailKey: string): Promise<boolean> {
  const { id, email, name, role, createdAt } = one;
  return (await insertRow(db, id, email, emailKey, name, role, upstream?.issuer ?? null, upstream?.subject ?? null, createdAt)) === 1;
}

export async function list(db: Db): Promise<Administrator[]> {
  return (await selectAll(db)).map(toAdministrator);
}

export async function find(db: Db, id: string): Promise<Administrator | undefined> {
  return (await selectById(db, id)).map(toAdministrator)[0];
}

export async function findByKey(db: Db, emailKey: string): Promise<Administrator | undefined> {
  return (await selectByKey(db, emailKey)).map(toAdministrator)[0];
}

export async function findByUpstream(
  db: Db,
  { issuer, subject }: NonNullable<Administrator["upstream"]>,
): Promise<Administrator | undefined> {
  return (await selectByUpstream(db, issuer, subject)).map(toAdministrator)[0];
}

/** What the provider now says about somebody. */
export async function setPerson(trx: Db, id: string, email: string, emailKey: string, name: string | null): Promise<void> {
  await updatePerson(trx, email, emailKey, name, id, emailKey, id);
}

/** From then on the person has passkeys. */
export async function leaveProvider(trx: Db, id: string): Promise<void> {
  await clearUpstream(trx, id);
}

/** @returns false if it is the last owner, or nobody */
export async function setRole(trx: Db, id: string, role: Role): Promise<boolean> {
  await takeOwners(trx);
  return (await updateRole(trx, role, id, role)) === 1;
}

/** With passkeys, sessions and links. @returns false if it is the last owner, or nobody */
export async function remove(trx: Db, id: string): Promise<boolean> {
  await takeOwners(trx);
  return (await deleteRow(trx, id)) === 1;
}

function toAdministrator({ id, email, name, role, issuer, subject, created_at: createdAt }: Row): Administrator {
  const upstream = issuer !== null && subject !== null ? { issuer, subject } : null;
  return { id, email, name, role, upstream, createdAt };
}

const insertLink = command("INSERT INTO administrator_links (token_hash, administrator_id, expires_at) VALUES (?, ?, ?)");
const selectLink = query<Row>(
  `SELECT ${columns
    .split(", ")
    .map((column) => `a.${column}`)
    .join(", ")} FROM administrator_links l JOIN administrators a ON a.id = l.administrator_id WHERE l.token_hash = ? AND l.expires_at > ?`,
);
const deleteLink = command("DELETE FROM administrator_links WHERE token_hash = ? AND expires_at > ?");
const deleteLinksOf = command("DELETE FROM administrator_links WHERE administrator_id = ?");

/** It replaces the person's other links. */
export async function putLink(trx: Db, tokenHash: string, administratorId: string, expiresAt: number): Promise<void> {
  await deleteLinksOf(trx, administratorId);
  await insertLink(trx, tokenHash, administratorId, expiresAt);
}

export async function findByLink(db: Db, tokenHash: string, now: number): Promise<Administrator | undefined> {
  return (await selectLink(db, tokenHash, now)).map(toAdministrator)[0];
}

/** @returns false if it is used, over or unknown */
export async function takeLink(trx: Db, tokenHash: string, now: number): Promise<boolean> {
  return (await deleteLink(trx, tokenHash, now)) === 1;
}

interface PasskeyRow {
  id: string;
  administrator_id: string;
  public_key: string;
  counter: number;
  transports: string;
  label: string;
  created_at: number;
  last_used_at: number | null;
}

const passkeyColumns = "id, administrator_id, public_key, counter, transports, label, created_at, last_used_at";
const insertPasskey = command(
  `INSERT INTO administrator_passkeys (id, administrator_id, public_key, counter, transports, label, created_at)
   VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
);
const selectPasskey = query<PasskeyRow>(`SELECT ${passkeyColumns} FROM administrator_passkeys WHERE id = ?`);
const selectPasskeys = query<PasskeyRow>(
  `SELECT ${passkeyColumns} FROM administrator_passkeys WHERE administrator_id = ? ORDER BY created_at`,
);
/** A counter that stands still or goes back is a copied key's; those that count nothing stay at 0 (WebAuthn Level 3, 7.2, step 22). */
const usePasskey = command(
  "UPDATE administrator_passkeys SET counter = ?, last_used_at = ? WHERE id = ? AND (counter < ? OR (counter = 0 AND CAST(? AS bigint) = 0))",
);
const deletePasskey = command("DELETE FROM administrator_passkeys WHERE id = ? AND administrator_id = ?");

/** The person's row is taken first, so that two at once cannot remove one another's last. */
const takePerson = command("UPDATE administrators SET role = role WHERE id = ?");
const deleteSpare = command(
  `DELETE FROM administrator_passkeys WHERE id = ? AND administrator_id = ?
   AND (SELECT COUNT(*) FROM administrator_passkeys WHERE administrator_id = ?) > 1`,
);

/** @returns false if the credential is somebody's already */
export async function addPasskey(trx: Db, passkey: AdministratorPasskey): Promise<boolean> {
  const { id, administratorId, publicKey, counter, transports, label, createdAt } = passkey;
  return (await insertPasskey(trx, id, administratorId, publicKey, counter, JSON.stringify(transports), label, createdAt)) === 1;
}

export async function findPasskey(db: Db, id: string): Promise<AdministratorPasskey | undefined> {
  return (await selectPasskey(db, id)).map(toPasskey)[0];
}

export async function passkeysOf(db: Db, administratorId: string): Promise<AdministratorPasskey[]> {
  return (await selectPasskeys(db, administratorId)).map(toPasskey);
}

/** @returns false if it is gone, or where its counter says that it was copied */
export async function notePasskeyUse(trx: Db, id: string, counter: number, at: number): Promise<boolean> {
  return (await usePasskey(trx, counter, at, id, counter, counter)) === 1;
}

export async function removePasskey(trx: Db, id: string, administratorId: string): Promise<boolean> {
  return (await deletePasskey(trx, id, administratorId)) === 1;
}

/** @returns false if it is the person's last one, or not theirs */
export async function removeSpare(trx: Db, id: string, administratorId: string): Promise<boolean> {
  await takePerson(trx, administratorId);
  return (await deleteSpare(trx, id, administratorId, administratorId)) === 1;
}

function toPasskey(row: PasskeyRow): AdministratorPasskey {
  return {
    id: row.id,
    administratorId: row.administrator_id,
    publicKey: row.public_key,
    counter: row.counter,
    transports: JSON.parse(row.transports) as string[],
    label: row.label,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

interface SessionRow {
  id: string;
  administrator_id: string;
  device: string | null;
  network: string | null;
  started_at: number;
  last_seen_at: number;
  confirmed_at: number;
}

const sessionColumns = "id, administrator_id, device, network, started_at, last_seen_at, confirmed_at";
const insertSession = command(`INSERT INTO administrator_sessions (token_hash, ${sessionColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
/** A moment in the future was written by a clock that was ahead, and is not believed. */
const alive = "last_seen_at > ? AND started_at > ? AND last_seen_at <= ? AND started_at <= ?";
const selectSession = query<SessionRow & { role: Role; email: string; name: string | null; issuer: string | null }>(
  `SELECT ${sessionColumns
    .split(", ")
    .map((column) => `s.${column}`)
    .join(", ")}, a.role, a.email, a.name, a.issuer
   FROM administrator_sessions s JOIN administrators a ON a.id = s.administrator_id
   WHERE s.token_hash = ? AND s.last_seen_at > ? AND s.started_at > ? AND s.last_seen_at <= ? AND s.started_at <= ?`,
);
const selectSessions = query<SessionRow>(
  `SELECT ${sessionColumns} FROM administrator_sessions WHERE administrator_id = ? AND ${alive} ORDER BY last_seen_at DESC`,
);
const touchSession = command("UPDATE administrator_sessions SET last_seen_at = ? WHERE id = ?");
const confirmSession = command("UPDATE administrator_sessions SET confirmed_at = ? WHERE id = ? AND administrator_id = ?");
const deleteSession = command("DELETE FROM administrator_sessions WHERE id = ? AND administrator_id = ?");
const deleteSessions = command("DELETE FROM administrator_sessions WHERE administrator_id = ?");
const knowsDevice = query<{ one: number }>("SELECT 1 AS one FROM administrator_sessions WHERE administrator_id = ? AND device = ? LIMIT 1");

/** The bounds of a live session: its earliest last use, its earliest beginning, and the latest moment that either can truly hold. */
export interface Alive {
  seenAfter: number;
  startedAfter: number;
  notAfter: number;
}

export async function addSession(trx: Db, tokenHash: string, session: AdministratorSession): Promise<void> {
  const { id, administratorId, device, network, startedAt, lastSeenAt, confirmedAt } = session;
  await insertSession(trx, tokenHash, id, administratorId, device, network, startedAt, lastSeenAt, confirmedAt);
}

export async function findSession(
  db: Db,
  tokenHash: string,
  { seenAfter, startedAfter, notAfter }: Alive,
): Promise<(AdministratorSession & Pick<Administrator, "role" | "email" | "name"> & { provider: string | null }) | undefined> {
  const [row] = await selectSession(db, tokenHash, seenAfter, startedAfter, notAfter, notAfter);
  return row && { ...toSession(row), role: row.role, email: row.email, name: row.name, provider: row.issuer };
}

export async function sessionsOf(
  db: Db,
  administratorId: string,
  { seenAfter, startedAfter, notAfter }: Alive,
): Promise<AdministratorSession[]> {
  return (await selectSessions(db, administratorId, seenAfter, startedAfter, notAfter, notAfter)).map(toSession);
}

export async function touch(db: Db, id: string, at: number): Promise<void> {
  await touchSession(db, at, id);
}

/** @returns false if it has ended */
export async function confirm(trx: Db, id: string, administratorId: string, at: number): Promise<boolean> {
  return (await confirmSession(trx, at, id, administratorId)) === 1;
}

export async function endSession(trx: Db, id: string, administratorId: string): Promise<boolean> {
  return (await deleteSession(trx, id, administratorId)) === 1;
}

export async function endSessions(trx: Db, administratorId: string): Promise<void> {
  await deleteSessions(trx, administratorId);
}

/** Whether the person has, or lately had, a session in a browser that calls itself so. */
export async function hasSeen(trx: Db, administratorId: string, device: string): Promise<boolean> {
  return (await knowsDevice(trx, administratorId, device)).length > 0;
}

function toSession(row: SessionRow): AdministratorSession {
  return {
    id: row.id,
    administratorId: row.administrator_id,
    device: row.device,
    network: row.network,
    startedAt: row.started_at,
    lastSeenAt: row.last_seen_at,
    confirmedAt: row.confirmed_at,
  };
}

const insertChallenge = command("INSERT INTO administrator_challenges (challenge_hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING");

/** @returns false if it was answered before */
export async function takeChallenge(trx: Db, challengeHash: string, expiresAt: number): Promise<boolean> {
  return (await insertChallenge(trx, challengeHash, expiresAt)) === 1;
}

const sweepLinks = removal("administrator_links", "token_hash", "expires_at <= ?");
const sweepChallenges = removal("administrator_challenges", "challenge_hash", "expires_at <= ?");
const sweepSessions = removal("administrator_sessions", "token_hash", "last_seen_at <= ?");

/** @param sessionsBefore those last used before then; the devices that they name are known for as long */
export async function sweep(db: Db, now: number, sessionsBefore: number): Promise<void> {
  await sweepLinks(db, now);
  await sweepChallenges(db, now);
  await sweepSessions(db, sessionsBefore);
}
