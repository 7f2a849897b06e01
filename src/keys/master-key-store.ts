import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";

/** A master key by its name, and when it was in use (milliseconds since the epoch). */
export interface NamedKey {
  secret: string;
  since: number;
  until: number | null;
}

export interface StoredFormerKey {
  secret: string;
  purpose: string;
  sealed: string;
  endsAt: number | null;
}

const selectNamed = query<NamedKey>("SELECT secret, since, until FROM master_keys ORDER BY since");
const insertNamed = command("INSERT INTO master_keys (secret, since) VALUES (?, ?) ON CONFLICT DO NOTHING");
const endNamed = command("UPDATE master_keys SET until = ? WHERE secret = ? AND until IS NULL");
const selectFormer = query<{ secret: string; purpose: string; sealed_key: string; ends_at: number | null }>(
  `SELECT f.secret, f.purpose, f.sealed_key, f.ends_at FROM former_keys f JOIN master_keys m ON m.secret = f.secret
   WHERE f.ends_at IS NULL OR f.ends_at > ? ORDER BY m.since DESC, f.purpose`,
);
const insertFormer = command("INSERT INTO former_keys (secret, purpose, sealed_key, ends_at) VALUES (?, ?, ?, ?)");
const deleteFormer = command("DELETE FROM former_keys");
const deleteEnded = command("DELETE FROM former_keys WHERE ends_at <= ?");
const selectVersion = query<{ kind: string; name: string }>(
  `SELECT 'secret' AS kind, secret AS name FROM master_keys WHERE until IS NULL
   UNION ALL SELECT 'current', kid FROM signing_keys UNION ALL SELECT state, kid FROM published_keys ORDER BY kind, name`,
);

/** In the order in which they were in use. */
export async function listNamed(db: Db): Promise<NamedKey[]> {
  return selectNamed(db);
}

/** Of several instances that start at once, the first one's stays. */
export async function nameFirst(db: Db, secret: string, at: number): Promise<void> {
  await insertNamed(db, secret, at);
}

/** @returns true for exactly one caller */
export async function change(trx: Db, from: NamedKey, to: string, at: number): Promise<boolean> {
  if ((await endNamed(trx, at, from.secret)) === 0) return false;
  await insertNamed(trx, to, Math.max(at, from.since + 1));
  return true;
}

/** Those that are still needed, the latest first. */
export async function listFormer(db: Db, now: number): Promise<StoredFormerKey[]> {
  return (await selectFormer(db, now)).map(({ sealed_key: sealed, ends_at: endsAt, ...row }) => ({ ...row, sealed, endsAt }));
}

export async function replaceFormer(trx: Db, keys: StoredFormerKey[]): Promise<void> {
  await deleteFormer(trx);
  for (const { secret, purpose, sealed, endsAt } of keys) await insertFormer(trx, secret, purpose, sealed, endsAt);
}

export async function removeEnded(db: Db, now: number): Promise<void> {
  await deleteEnded(db, now);
}

/** A text that changes with the master key in use and with the signing keys. */
export async function version(db: Db): Promise<string> {
  return (await selectVersion(db)).map(({ kind, name }) => `${kind} ${name}`).join("\n");
}
