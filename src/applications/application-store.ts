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
const selectOne = query<Row>(`SELECT ${columns} FROM applications WHERE client_id = ?`);
const selectPage = query<Row>(`SELECT ${columns} FROM applications WHERE client_id > ? ORDER BY client_id LIMIT ?`);
const insertRow = command(
  `INSERT INTO applications (${columns}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_id) DO NOTHING`,
);
const updateRow = command(
  `UPDATE applications SET name = ?, admission = ?, first_party = ?, pkce_optional = ?, policy = ?, metadata = ?, updated_at = ?
   WHERE client_id = ? AND updated_at = ?`,
);
// The last ones go with the application, in the statement that deletes it.
const deleteSomeOf = (table: string, key: string) =>
  command(
    `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE client_id = ? LIMIT ${removedAtOnce} OFFSET ${removedAtOnce})`,
  );
const deleteSomeInvitations = deleteSomeOf("invitations", "id");
const deleteSomeConsents = deleteSomeOf("consents", "guest_sub, client_id, part, name");
const deleteRow = command("DELETE FROM applications WHERE client_id = ?");
const deleteVersion = command("DELETE FROM applications WHERE client_id = ? AND updated_at = ?");

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

/**
 * Removes its guests' invitations and consents, if they are too many to delete with the application at once: others would wait for that (on
 * SQLite everyone).
 * @returns whether there were so many
 */
export async function thinOut(db: Db, clientId: string): Promise<boolean> {
  let removed = 0;
  for (const deleteSome of [deleteSomeInvitations, deleteSomeConsents])
    for (let some = removedAtOnce; some === removedAtOnce; removed += some) some = await deleteSome(db, clientId);
  return removed > 0;
}

/** @returns false if it is not there, or no longer `version` (its updatedAt) */
export async function remove(db: Db, clientId: string, version?: number): Promise<boolean> {
  return (version === undefined ? await deleteRow(db, clientId) : await deleteVersion(db, clientId, version)) === 1;
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
