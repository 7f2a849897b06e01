// Each test server gets a database of its own: a file, or a schema of the PostgreSQL that TEST_DATABASE_URL names.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

export interface TestDatabase {
  url: string;
  remove(): Promise<void>;
}

/** Which database this run of the suite is on: npm test runs it once for each. */
export const databaseKind = process.env["TEST_DATABASE"] === "postgres" ? "postgres" : "sqlite";

export function createDatabase(): Promise<TestDatabase> {
  return databaseKind === "postgres" ? createSchema() : createFile();
}

async function createFile(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), "guestpass-test-"));
  return { url: `sqlite:${join(directory, "test.db")}`, remove: () => rm(directory, { recursive: true, force: true }) };
}

async function createSchema(): Promise<TestDatabase> {
  const server = process.env["TEST_DATABASE_URL"];
  if (!server) throw new Error("TEST_DATABASE=postgres needs TEST_DATABASE_URL");
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  await administer(server, `CREATE SCHEMA ${schema}`);
  const url = new URL(server);
  url.searchParams.set("schema", schema);
  return { url: url.href, remove: () => administer(server, `DROP SCHEMA ${schema} CASCADE`) };
}

async function administer(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
