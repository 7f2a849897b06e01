import { skew } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";
import type { DomainProof } from "./domain-proof.ts";

interface Row {
  provider_id: string;
  domain: string;
  asked_at: number;
  checked_at: number;
  outcome: string | null;
  found_since: number | null;
  last_found_at: number | null;
}

const columns = "provider_id, domain, asked_at, checked_at, outcome, found_since, last_found_at";
const selectAll = query<Row>(`SELECT ${columns} FROM upstream_domains ORDER BY provider_id, domain`);
const selectOfProvider = query<Row>(`SELECT ${columns} FROM upstream_domains WHERE provider_id = ? ORDER BY domain`);
const selectOne = query<Row>(`SELECT ${columns} FROM upstream_domains WHERE provider_id = ? AND domain = ?`);
const claimRow = command(
  `INSERT INTO upstream_domains (provider_id, domain, asked_at, checked_at)
   SELECT p.id, CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint) FROM upstream_providers p WHERE p.id = ? AND p.updated_at = ?
   ON CONFLICT (provider_id, domain) DO UPDATE SET checked_at = excluded.checked_at
   WHERE upstream_domains.checked_at <= ? OR upstream_domains.checked_at > ?`,
);
const noteAsked = command("UPDATE upstream_domains SET asked_at = ? WHERE provider_id = ?");
const noteFound = command(
  `UPDATE upstream_domains SET outcome = 'found', last_found_at = checked_at, found_since = COALESCE(found_since, checked_at)
   WHERE provider_id = ? AND domain = ? AND checked_at = ?`,
);
const noteMissing = command(
  "UPDATE upstream_domains SET outcome = 'missing', found_since = NULL WHERE provider_id = ? AND domain = ? AND checked_at = ?",
);
const noteUnreachable = command(
  "UPDATE upstream_domains SET outcome = 'unreachable' WHERE provider_id = ? AND domain = ? AND checked_at = ?",
);
const deleteRow = command("DELETE FROM upstream_domains WHERE provider_id = ? AND domain = ?");

/** By provider. */
export async function all(db: Db): Promise<Map<string, DomainProof[]>> {
  const grouped = Map.groupBy(await selectAll(db), ({ provider_id }) => provider_id);
  return new Map([...grouped].map(([provider, rows]) => [provider, rows.map(toProof)]));
}

export async function ofProvider(db: Db, provider: string): Promise<DomainProof[]> {
  return (await selectOfProvider(db, provider)).map(toProof);
}

export async function find(db: Db, provider: string, domain: string): Promise<DomainProof | undefined> {
  return (await selectOne(db, provider, domain)).map(toProof)[0];
}

/**
 * Makes this process the one that looks the record up now.
 * @param version the provider has to be as it was then
 * @param before the last check must not be later
 * @returns false if another process is doing so or did, or the provider has changed
 */
export async function claim(
  db: Db,
  { provider, version, domain, at, before }: { provider: string; version: number; domain: string; at: number; before: number },
): Promise<boolean> {
  return (await claimRow(db, domain, at, at, provider, version, before, at + skew)) === 1;
}

export async function ask(db: Db, provider: string, at: number): Promise<void> {
  await noteAsked(db, at, provider);
}

/** @param at when it was claimed: a later check has the last word */
export async function note(
  db: Db,
  provider: string,
  domain: string,
  outcome: "found" | "missing" | "unreachable",
  at: number,
): Promise<void> {
  await { found: noteFound, missing: noteMissing, unreachable: noteUnreachable }[outcome](db, provider, domain, at);
}

/** The domain is no longer bound. */
export async function forget(trx: Db, provider: string, domain: string): Promise<void> {
  await deleteRow(trx, provider, domain);
}

function toProof(row: Row): DomainProof {
  return {
    domain: row.domain,
    askedAt: row.asked_at,
    checkedAt: row.checked_at,
    outcome: row.outcome as DomainProof["outcome"],
    foundSince: row.found_since,
    lastFoundAt: row.last_found_at,
  };
}
