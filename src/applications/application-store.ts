import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";
import type { Admission, Application, ClientMetadata } from "./application.ts";

interface Row {
  client_id: string;
  name: string;
  admission: Admission;
  first_party: number;
  pkce_optional: number;
  metadata: string;
}

const columns = "client_id, name, admission, first_party, pkce_optional, metadata";
const selectOne = query<Row>(`SELECT ${columns} FROM applications WHERE client_id = ?`);
const selectPage = query<Row>(`SELECT ${columns} FROM applications WHERE client_id > ? ORDER BY client_id LIMIT ?`);
const insertRow = command(
  `INSERT INTO applications (${columns}, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_id) DO NOTHING`,
);
const deleteRow = command("DELETE FROM applications WHERE client_id = ?");

export async function find(db: Db, clientId: string): Promise<Application | undefined> {
  const row = (await selectOne(db, clientId))[0];
  return row && toApplication(row);
}

export async function list(db: Db, after: string, limit: number): Promise<Application[]> {
  return (await selectPage(db, after, limit)).map(toApplication);
}

/** @returns false where the client id is taken */
export async function insert(db: Db, application: Application, at: number): Promise<boolean> {
  const { clientId, name, admission, firstParty, pkceOptional, metadata } = application;
  return (await insertRow(db, clientId, name, admission, firstParty ? 1 : 0, pkceOptional ? 1 : 0, JSON.stringify(metadata), at, at)) === 1;
}

export async function remove(db: Db, clientId: string): Promise<boolean> {
  return (await deleteRow(db, clientId)) === 1;
}

function toApplication(row: Row): Application {
  return {
    clientId: row.client_id,
    name: row.name,
    admission: row.admission,
    firstParty: row.first_party === 1,
    pkceOptional: row.pkce_optional === 1,
    metadata: JSON.parse(row.metadata) as ClientMetadata,
  };
}
