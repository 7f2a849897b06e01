import type { Db } from "../database/database.ts";
import { removedAtOnce } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";
import { type Admission, type Application, type ApplicationPolicy, type ClientMetadata, defaultPolicy } from "./application.ts";

interface Row {
  client_id: string;
  name: string;
  admission: Admission;
  first_party: number;
  pkce_optional: number;
  policy: string;
  metadata: string;
  updated_at: number;
}

const columns = "client_id, name, admission, first_party, pkce_optional, policy, metadata, updated_at";
const selectOne = query<Row>(`SELECT ${columns} FROM applications WHERE client_id = ? AND removed_at IS NULL`);
const selectPage = query<Row>(`SELECT ${columns} FROM applications WHERE client_id > ? AND removed_at IS NULL ORDER BY client_id LIMIT ?`);
const insertRow = command(
  `INSERT INTO applications (${columns}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_id) DO NOTHING`,
);
const updateRow = command(
  `UPDATE applications SET name = ?, admission = ?, first_party = ?, pkce_optional = ?, policy = ?, metadata = ?, updated_at = ?
   WHERE client_id = ? AND updated_at = ? AND removed_at IS NULL`,
);
// The version before does not know the mark. A client without redirect URIs is none to it either.
const markRow = command(
  `UPDATE applications SET removed_at = ?, updated_at = updated_at + 1, admission = 'invited', metadata = '{"redirect_uris":[]}'
   WHERE client_id = ? AND updated_at = COALESCE(CAST(? AS bigint), updated_at) AND removed_at IS NULL`,
);
const selectAllRemoved = query<{ client_id: string }>("SELECT client_id FROM applications WHERE removed_at IS NOT NULL ORDER BY client_id");
const selectRemoved = query<{ removed_at: number }>("SELECT removed_at FROM applications WHERE client_id = ? AND removed_at IS NOT NULL");
// Only while it is removed: another process may add one under its name meanwhile.
const deleteSomeOf = (table: string, key: string) =>
  command(
    `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE client_id =
     (SELECT client_id FROM applications WHERE client_id = ? AND removed_at IS NOT NULL) LIMIT ${removedAtOnce})`,
  );
const deleteSome = [
  deleteSomeOf("invitations", "id"),
  deleteSomeOf("consents", "guest_sub, client_id, part, name"),
  deleteSomeOf("reminders", "guest_sub, client_id, deadline"),
];
const deleteRemoved = command("DELETE FROM applications WHERE client_id = ? AND removed_at IS NOT NULL");

export async function find(db: Db, clientId: string): Promise<Application | undefined> {
  const row = (await selectOne(db, clientId))[0];
  return row && toApplication(row);
}

export async function list(db: Db, after: string, limit: number): Promise<Application[]> {
  return (await selectPage(db, after, limit)).map(toApplication);
}

/** @returns false if the client id is taken */
export async function insert(db: Db, application: Application): Promise<boolean> {
  const { clientId, name, admission, firstParty, pkceOptional, policy, metadata, updatedAt } = application;
  const texts = [JSON.stringify(policy), JSON.stringify(metadata)] as const;
  return (await insertRow(db, clientId, name, admission, flag(firstParty), flag(pkceOptional), ...texts, updatedAt, updatedAt)) === 1;
}

/** @returns false if it was changed since `version` (its updatedAt) */
export async function update(db: Db, application: Application, version: number): Promise<boolean> {
  const { clientId, name, admission, firstParty, pkceOptional, policy, metadata, updatedAt } = application;
  const texts = [JSON.stringify(policy), JSON.stringify(metadata)] as const;
  return (await updateRow(db, name, admission, flag(firstParty), flag(pkceOptional), ...texts, updatedAt, clientId, version)) === 1;
}

/** Nobody finds it any more. @returns false if it is not there, or no longer `version` (its updatedAt) */
export async function markRemoved(db: Db, clientId: string, at: number, version?: number): Promise<boolean> {
  return (await markRow(db, at, clientId, version ?? null)) === 1;
}

/** @returns whether it was removed, and something of it may be left */
export async function isRemoved(db: Db, clientId: string): Promise<boolean> {
  return (await selectRemoved(db, clientId)).length > 0;
}

/** @returns the client ids of those of which something may be left */
export async function allRemoved(db: Db): Promise<string[]> {
  return (await selectAllRemoved(db)).map(({ client_id }) => client_id);
}

/** Deletes some of what belongs to an application that was removed. Others wait for each statement (on SQLite everyone). @returns how much */
export async function clearSome(db: Db, clientId: string): Promise<number> {
  let cleared = 0;
  for (const some of deleteSome) if (cleared === 0) cleared = await some(db, clientId);
  return cleared;
}

/** Deletes the row of an application that was removed, with what is left of it. */
export async function clear(db: Db, clientId: string): Promise<void> {
  await deleteRemoved(db, clientId);
}

function flag(value: boolean): number {
  return value ? 1 : 0;
}

function toApplication(row: Row): Application {
  return {
    clientId: row.client_id,
    name: row.name,
    admission: row.admission,
    firstParty: row.first_party === 1,
    pkceOptional: row.pkce_optional === 1,
    policy: { ...defaultPolicy, ...(JSON.parse(row.policy) as Partial<ApplicationPolicy>) },
    metadata: JSON.parse(row.metadata) as ClientMetadata,
    updatedAt: row.updated_at,
  };
}
