import { skew } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";

/** A key as it is stored. */
export interface StoredKey {
  kid: string;
  alg: string;
  state: "next" | "current" | "previous";
  sealed: string;
  /** The fingerprint of the secret that it is sealed under; null if the previous version made it. */
  secret: string | null;
  /** When it was published, began to sign, or stopped signing, by its state (milliseconds since the epoch). */
  since: number;
  /** When a previous one is no longer published. */
  endsAt: number | null;
}

interface Row extends Omit<StoredKey, "sealed" | "endsAt"> {
  sealed_jwk: string;
  ends_at: number | null;
}

const selectAll = query<Row>(
  `SELECT kid, alg, 'current' AS state, sealed_jwk, secret, COALESCE(since, created_at) AS since, NULL AS ends_at FROM signing_keys
   UNION ALL SELECT kid, alg, state, sealed_jwk, secret, since, ends_at FROM published_keys ORDER BY alg, since, kid`,
);
const insertCurrentRow = command(
  "INSERT INTO signing_keys (kid, alg, sealed_jwk, secret, created_at, since) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (alg) DO NOTHING",
);
const insertPublishedRow = command(
  "INSERT INTO published_keys (kid, alg, state, sealed_jwk, secret, since, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
);
// The next key takes the place of the current one, if both are unchanged since this was decided. Only one of many callers changes the row.
const replaceCurrentRow = command(
  `UPDATE signing_keys SET kid = ?, created_at = ?, since = ?,
   sealed_jwk = (SELECT sealed_jwk FROM published_keys WHERE kid = ?), secret = (SELECT secret FROM published_keys WHERE kid = ?)
   WHERE alg = ? AND kid = ? AND EXISTS (SELECT 1 FROM published_keys WHERE kid = ? AND state = 'next')`,
);
const deleteCurrent = command("DELETE FROM signing_keys WHERE kid = ?");
const deletePublished = command("DELETE FROM published_keys WHERE kid = ? AND state = ?");
const resealCurrent = command("UPDATE signing_keys SET sealed_jwk = ?, secret = ? WHERE kid = ? AND sealed_jwk = ?");
const resealPublished = command("UPDATE published_keys SET sealed_jwk = ?, secret = ? WHERE kid = ? AND sealed_jwk = ?");
// A key's end is as long after its beginning as before.
const mendCurrent = command("UPDATE signing_keys SET since = ? WHERE COALESCE(since, created_at) > ?");
const mendPublished = command("UPDATE published_keys SET ends_at = ends_at - (since - ?), since = ? WHERE since > ?");
const deleteEnded = command("DELETE FROM published_keys WHERE state = 'previous' AND ends_at <= ?");

export async function listKeys(db: Db): Promise<StoredKey[]> {
  return (await selectAll(db)).map(({ sealed_jwk: sealed, ends_at: endsAt, ...row }) => ({ ...row, sealed, endsAt }));
}

/** Of several instances that start at once, the first one's key stays. */
export async function insertCurrent(db: Db, { kid, alg, sealed, secret, since }: StoredKey): Promise<void> {
  await insertCurrentRow(db, kid, alg, sealed, secret, since, since);
}

/** If an algorithm already has a next key, that one stays. */
export async function insertPublished(db: Db, { kid, alg, state, sealed, secret, since, endsAt }: StoredKey): Promise<void> {
  await insertPublishedRow(db, kid, alg, state, sealed, secret, since, endsAt);
}

/** @returns true for exactly one caller */
export async function replaceCurrent(db: Db, current: StoredKey, next: StoredKey, at: number): Promise<boolean> {
  const { kid } = next;
  const replaced = await replaceCurrentRow(db, kid, next.since, at, kid, kid, current.alg, current.kid, kid);
  if (replaced === 0) return false;
  await deletePublished(db, kid, "next");
  return true;
}

/** @returns true for exactly one caller */
export async function removeCurrent(db: Db, kid: string): Promise<boolean> {
  return (await deleteCurrent(db, kid)) === 1;
}

/** @returns true for exactly one caller */
export async function removePublished(db: Db, kid: string, state: "next" | "previous"): Promise<boolean> {
  return (await deletePublished(db, kid, state)) === 1;
}

/** Only if it is unchanged since it was read. @returns 1 if so */
export async function reseal(
  db: Db,
  { kid, state, sealed: before }: StoredKey,
  { sealed, secret }: { sealed: string; secret: string },
): Promise<number> {
  return (state === "current" ? resealCurrent : resealPublished)(db, sealed, secret, kid, before);
}

/** A beginning that was recorded by a clock that was ahead becomes now. */
export async function mendDates(db: Db, now: number): Promise<void> {
  await mendCurrent(db, now, now + skew);
  await mendPublished(db, now, now, now + skew);
}

export async function removeEnded(db: Db, now: number): Promise<void> {
  await deleteEnded(db, now);
}
