import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";
import type { StoredUpstream } from "./upstream.ts";

interface Row {
  id: string;
  issuer: string;
  client_id: string;
  sealed_secret: string;
  scope: string;
  label: string;
  domains: string;
  first_for: string;
  grade: string;
  tenant: string | null;
  created_at: number;
  updated_at: number;
}

const columns = "id, issuer, client_id, sealed_secret, scope, label, domains, first_for, grade, tenant, created_at, updated_at";
const selectAll = query<Row>(`SELECT ${columns} FROM upstream_providers ORDER BY id`);
const selectById = query<Row>(`SELECT ${columns} FROM upstream_providers WHERE id = ?`);
const insertRow = command(`INSERT INTO upstream_providers (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
const updateRow = command(
  `UPDATE upstream_providers SET client_id = ?, sealed_secret = ?, scope = ?, label = ?, domains = ?, first_for = ?, grade = ?, updated_at = ?
   WHERE id = ? AND updated_at = ?`,
);
const updateSecret = command("UPDATE upstream_providers SET sealed_secret = ? WHERE id = ? AND sealed_secret = ?");
const deleteRow = command("DELETE FROM upstream_providers WHERE id = ?");

export async function list(db: Db): Promise<StoredUpstream[]> {
  return (await selectAll(db)).map(toUpstream);
}

export async function find(db: Db, id: string): Promise<StoredUpstream | undefined> {
  return (await selectById(db, id)).map(toUpstream)[0];
}

/** @returns false if the id is taken */
export async function insert(db: Db, added: StoredUpstream): Promise<boolean> {
  const { id, issuer, clientId, sealedSecret, scope, label, domains, firstFor, grade, tenant, createdAt, updatedAt } = added;
  const lists = [JSON.stringify(domains), JSON.stringify(firstFor)] as const;
  return (await insertRow(db, id, issuer, clientId, sealedSecret, scope, label, ...lists, grade, tenant, createdAt, updatedAt)) === 1;
}

/** @param version since which it must not have changed @returns false if it has, or is gone */
export async function update(db: Db, after: StoredUpstream, version: number): Promise<boolean> {
  const { id, clientId, sealedSecret, scope, label, domains, firstFor, grade, updatedAt } = after;
  const lists = [JSON.stringify(domains), JSON.stringify(firstFor)] as const;
  return (await updateRow(db, clientId, sealedSecret, scope, label, ...lists, grade, updatedAt, id, version)) === 1;
}

/** @returns how many: none if the secret was changed meanwhile */
export function reseal(db: Db, id: string, before: string, sealed: string): Promise<number> {
  return updateSecret(db, sealed, id, before);
}

export async function remove(db: Db, id: string): Promise<boolean> {
  return (await deleteRow(db, id)) === 1;
}

function toUpstream(row: Row): StoredUpstream {
  return {
    id: row.id,
    issuer: row.issuer,
    clientId: row.client_id,
    sealedSecret: row.sealed_secret,
    scope: row.scope,
    label: row.label,
    domains: JSON.parse(row.domains) as string[],
    firstFor: JSON.parse(row.first_for) as string[],
    grade: row.grade as StoredUpstream["grade"],
    tenant: row.tenant,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
