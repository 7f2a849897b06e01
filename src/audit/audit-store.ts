import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";

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
  position: number | null;
  chainHash: string | null;
}

interface Row {
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
  chain_hash: string | null;
}

export interface AuditFilter {
  guestSub?: string;
  clientId?: string;
  action?: string;
}

const columns = "id, at, action, actor, channel, network, client_id, guest_sub, details, personal_digest, position, chain_hash";
const insertRow = command(
  "INSERT INTO audit (id, at, action, actor, channel, network, client_id, guest_sub, details, personal_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
);
const insertPersonalRow = command("INSERT INTO audit_personal (audit_id, guest_sub, salt, personal) VALUES (?, ?, ?, ?)");
const lockHead = query<{ position: number; chain_hash: string }>(
  "UPDATE audit_head SET position = position WHERE id = 1 RETURNING position, chain_hash",
);
const selectUnsealed = query<Row>(`SELECT ${columns} FROM audit WHERE position IS NULL ORDER BY at, id LIMIT ?`);
const sealRow = command("UPDATE audit SET position = ?, chain_hash = ? WHERE id = ?");
const moveHead = command("UPDATE audit_head SET position = ?, chain_hash = ? WHERE id = 1");
const selectSealed = query<Row>(`SELECT ${columns} FROM audit WHERE position > ? ORDER BY position LIMIT ?`);
const selectHead = query<{ position: number; chain_hash: string }>("SELECT position, chain_hash FROM audit_head WHERE id = 1");
const selectPersonal = query<{ salt: string; personal: string }>("SELECT salt, personal FROM audit_personal WHERE audit_id = ?");
const deletePersonalOf = command("DELETE FROM audit_personal WHERE guest_sub = ?");
const movePersonalOf = command("UPDATE audit_personal SET guest_sub = ? WHERE guest_sub = ?");
const selectPage = query<Row>(
  `SELECT ${columns} FROM audit WHERE (at < ? OR (at = ? AND id < ?)) AND (CAST(? AS text) IS NULL OR guest_sub = ?) AND (CAST(? AS text) IS NULL OR client_id = ?) AND (CAST(? AS text) IS NULL OR action = ?)
   ORDER BY at DESC, id DESC LIMIT ?`,
);

export async function insert(db: Db, row: Omit<AuditRow, "position" | "chainHash">): Promise<void> {
  const { id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest } = row;
  await insertRow(db, id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest);
}

export async function insertPersonal(
  db: Db,
  row: { auditId: string; guestSub: string | null; salt: string; personal: string },
): Promise<void> {
  await insertPersonalRow(db, row.auditId, row.guestSub, row.salt, row.personal);
}

/** Takes the head of the chain for the rest of the transaction: one sealer at a time. */
export async function takeHead(trx: Db): Promise<{ position: number; chainHash: string }> {
  const row = (await lockHead(trx))[0];
  if (!row) throw new Error("the head of the audit trail is missing");
  return { position: row.position, chainHash: row.chain_hash };
}

export async function unsealed(trx: Db, limit: number): Promise<AuditRow[]> {
  return (await selectUnsealed(trx, limit)).map(toRow);
}

export async function seal(trx: Db, id: string, position: number, chainHash: string): Promise<void> {
  await sealRow(trx, position, chainHash, id);
}

export async function setHead(trx: Db, position: number, chainHash: string): Promise<void> {
  await moveHead(trx, position, chainHash);
}

export async function head(db: Db): Promise<{ position: number; chainHash: string }> {
  const row = (await selectHead(db))[0];
  return { position: row?.position ?? 0, chainHash: row?.chain_hash ?? "" };
}

export async function sealedAfter(db: Db, position: number, limit: number): Promise<AuditRow[]> {
  return (await selectSealed(db, position, limit)).map(toRow);
}

export async function personalOf(db: Db, auditId: string): Promise<{ salt: string; personal: string } | undefined> {
  return (await selectPersonal(db, auditId))[0];
}

export async function erasePersonal(trx: Db, guestSub: string): Promise<void> {
  await deletePersonalOf(trx, guestSub);
}

export async function movePersonal(trx: Db, from: string, to: string): Promise<void> {
  await movePersonalOf(trx, to, from);
}

/** The newest first, before the given place. */
export async function list(db: Db, before: { at: number; id: string }, filter: AuditFilter, limit: number): Promise<AuditRow[]> {
  const guest = filter.guestSub ?? null;
  const client = filter.clientId ?? null;
  const action = filter.action ?? null;
  return (await selectPage(db, before.at, before.at, before.id, guest, guest, client, client, action, action, limit)).map(toRow);
}

function toRow(row: Row): AuditRow {
  const { client_id: clientId, guest_sub: guestSub, personal_digest: personalDigest, chain_hash: chainHash, ...rest } = row;
  return { ...rest, clientId, guestSub, personalDigest, chainHash };
}
