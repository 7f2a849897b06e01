import type { Db } from "../database/database.ts";
import { command, query, toPowerOfTwo } from "../database/statements.ts";

export interface AuditRow {
  id: string;
  at: number;
  action: string;
  actor: string;
  channel: string;
  network: string | null;
  clientId: string | null;
  guestSub: string | null;
  /** JSON. */
  details: string;
  personalDigest: string | null;
}

/** A row with its personal part, if that still exists. */
export interface StoredRow extends AuditRow {
  position: number | null;
  chainHash: string;
  salt: string | null;
  /** JSON. */
  personal: string | null;
  /** The guest with whom the personal part is erased. */
  personalSub: string | null;
}

/** Where the chain ends. The seal shows that Guestpass wrote it. */
export interface Head {
  position: number;
  chainHash: string;
  seal: string;
}

export interface Row {
  id: string;
  at: number;
  action: string;
  actor: string;
  channel: string;
  network: string | null;
  client_id: string | null;
  guest_sub: string | null;
  details: string;
  personal_digest: string | null;
  position: number | null;
  chain_hash: string;
  salt: string | null;
  personal: string | null;
  personal_sub: string | null;
}

interface HeadRow {
  position: number;
  chain_hash: string;
  seal: string;
}

export const columns = `a.id, a.at, a.action, a.actor, a.channel, a.network, a.client_id, a.guest_sub, a.details, a.personal_digest, a.position, a.chain_hash,
  x.salt, x.personal, x.guest_sub AS personal_sub`;
export const from = "FROM audit a LEFT JOIN audit_personal x ON x.audit_id = a.id";
const insertRows = (rows: number) =>
  command(
    `INSERT INTO audit (id, at, action, actor, channel, network, client_id, guest_sub, details, personal_digest, chain_hash)
     VALUES ${Array(rows).fill("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").join(", ")}${rows > 1 ? " ON CONFLICT (id) DO NOTHING" : ""}`,
  );
const insertPersonalRow = command("INSERT INTO audit_personal (audit_id, guest_sub, salt, personal) VALUES (?, ?, ?, ?)");
const lockHead = query<HeadRow>("UPDATE audit_head SET position = position WHERE id = 1 RETURNING position, chain_hash, seal");
const beginHead = command("UPDATE audit_head SET seal = ? WHERE id = 1 AND position = 0 AND chain_hash = '' AND seal = ''");
const selectUnsealed = query<Row>(`SELECT ${columns} ${from} WHERE a.position IS NULL ORDER BY a.at, a.id LIMIT ?`);
// The casts keep SQLite from scanning the whole trail for the given rows.
const sealRows = (rows: number) =>
  command(
    `WITH sealed (id, position, chain_hash) AS (VALUES ${Array(rows).fill("(?, ?, ?)").join(", ")})
     UPDATE audit SET position = CAST(sealed.position AS bigint), chain_hash = CAST(sealed.chain_hash AS text) FROM sealed
     WHERE audit.id = CAST(sealed.id AS text)`,
  );
const moveHead = command("UPDATE audit_head SET position = ?, chain_hash = ?, seal = ? WHERE id = 1");
const selectSealed = query<Row>(`SELECT ${columns} ${from} WHERE a.position > ? ORDER BY a.position LIMIT ?`);
const selectHead = query<HeadRow>("SELECT position, chain_hash, seal FROM audit_head WHERE id = 1");
const selectPersonalOf = query<{ personal: string }>(
  "SELECT x.personal FROM audit_personal x JOIN audit a ON a.id = x.audit_id WHERE x.guest_sub = ? AND a.action LIKE ?",
);
// By the chain too, which nobody can redirect.
const deletePersonalOf = command(
  "DELETE FROM audit_personal WHERE guest_sub = ? OR audit_id IN (SELECT id FROM audit WHERE guest_sub = ?)",
);
const movePersonalOf = command("UPDATE audit_personal SET guest_sub = ? WHERE guest_sub = ?");

export async function insert(db: Db, rows: (AuditRow & { chainHash: string })[]): Promise<void> {
  // The last one is repeated up to a power of two.
  const padded = toPowerOfTwo(rows);
  const values = padded.flatMap((row) => {
    const { id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest, chainHash } = row;
    return [id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest, chainHash];
  });
  await insertRows(padded.length)(db, ...values);
}

export async function insertPersonal(
  db: Db,
  row: { auditId: string; guestSub: string | null; salt: string; personal: string },
): Promise<void> {
  await insertPersonalRow(db, row.auditId, row.guestSub, row.salt, row.personal);
}

/** Takes the head of the chain for the rest of the transaction: one sealer at a time. */
export async function takeHead(trx: Db): Promise<Head> {
  const row = (await lockHead(trx))[0];
  if (!row) throw new Error("the head of the audit trail is missing");
  return toHead(row);
}

/** Seals the head of a trail that has no row and no seal yet. */
export async function begin(db: Db, seal: string): Promise<void> {
  await beginHead(db, seal);
}

export async function unsealed(trx: Db, limit: number): Promise<StoredRow[]> {
  return (await selectUnsealed(trx, limit)).map(toRow);
}

export async function seal(trx: Db, rows: { id: string; position: number; chainHash: string }[]): Promise<void> {
  const padded = toPowerOfTwo(rows);
  await sealRows(padded.length)(trx, ...padded.flatMap(({ id, position, chainHash }) => [id, position, chainHash]));
}

export async function setHead(trx: Db, { position, chainHash, seal }: Head): Promise<void> {
  await moveHead(trx, position, chainHash, seal);
}

/** @returns undefined if somebody removed it */
export async function head(db: Db): Promise<Head | undefined> {
  const row = (await selectHead(db))[0];
  return row && toHead(row);
}

function toHead({ position, chain_hash: chainHash, seal }: HeadRow): Head {
  return { position, chainHash, seal };
}

export async function sealedAfter(db: Db, position: number, limit: number): Promise<StoredRow[]> {
  return (await selectSealed(db, position, limit)).map(toRow);
}

/** The personal parts, as JSON, of a guest's rows whose action has this prefix. */
export async function personalOf(db: Db, guestSub: string, action: string): Promise<string[]> {
  return (await selectPersonalOf(db, guestSub, `${action}%`)).map((row) => row.personal);
}

export async function erasePersonal(trx: Db, guestSub: string): Promise<void> {
  await deletePersonalOf(trx, guestSub, guestSub);
}

export async function movePersonal(trx: Db, from: string, to: string): Promise<void> {
  await movePersonalOf(trx, to, from);
}

export function toRow(row: Row): StoredRow {
  const {
    client_id: clientId,
    guest_sub: guestSub,
    personal_digest: personalDigest,
    chain_hash: chainHash,
    personal_sub: personalSub,
    ...rest
  } = row;
  return { ...rest, clientId, guestSub, personalDigest, chainHash, personalSub };
}
