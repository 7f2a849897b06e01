import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";

const selectAll = query<{ kid: string; alg: string; sealed_jwk: string }>("SELECT kid, alg, sealed_jwk FROM signing_keys ORDER BY alg");
const insertRow = command("INSERT INTO signing_keys (kid, alg, sealed_jwk, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (alg) DO NOTHING");

export async function listKeys(db: Db): Promise<{ kid: string; alg: string; sealedJwk: string }[]> {
  return (await selectAll(db)).map((row) => ({ kid: row.kid, alg: row.alg, sealedJwk: row.sealed_jwk }));
}

/** Of several instances that start at once, the first one's key stays. */
export async function insertKey(db: Db, key: { kid: string; alg: string; sealedJwk: string; at: number }): Promise<void> {
  await insertRow(db, key.kid, key.alg, key.sealedJwk, key.at);
}
