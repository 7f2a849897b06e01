// Each test server gets a database of its own: a file, or a schema of the PostgreSQL that TEST_DATABASE_URL names.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

export interface TestDatabase {
  url: string;
  remove(): Promise<void>;
}

/** Which database this run of the suite is on: npm test runs it once for each. */
export const databaseKind = process.env["TEST_DATABASE"] === "postgres" ? "postgres" : "sqlite";

/** What a database begins with instead of nothing: the content of an SQLite file, or SQL. */
export type Template = Buffer | string;

export function createDatabase(template?: Template): Promise<TestDatabase> {
  return databaseKind === "postgres" ? createSchema(template) : createFile(template);
}

async function createFile(template?: Template): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), "guestpass-test-"));
  const file = join(directory, "test.db");
  if (template) await writeFile(file, template, { mode: 0o600 });
  return { url: `sqlite:${file}`, remove: () => rm(directory, { recursive: true, force: true }) };
}

async function createSchema(template?: Template): Promise<TestDatabase> {
  const server = process.env["TEST_DATABASE_URL"];
  if (!server) throw new Error("TEST_DATABASE=postgres needs TEST_DATABASE_URL");
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  await administer(server, `CREATE SCHEMA ${schema};${template ? `SET search_path TO ${schema};${template}` : ""}`);
  const url = new URL(server);
  url.searchParams.set("schema", schema);
  const remove = async () => {
    await administer(server, `DROP SCHEMA ${schema} CASCADE`);
    if (++removed % 10 === 0) await administer(server, vacuum);
  };
  return { url: url.href, remove };
}

let removed = 0;
/** What schemas that are gone leave in PostgreSQL's own tables, faster than autovacuum takes it away: each new connection reads those. */
const vacuum = "VACUUM (SKIP_LOCKED) pg_attribute, pg_attrdef, pg_class, pg_constraint, pg_depend, pg_index, pg_statistic, pg_type";

/** @returns SQL that fills tables of the same form as those of the schema */
export async function contentOf({ url }: TestDatabase): Promise<string> {
  const schema = new URL(url).searchParams.get("schema") as string;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SET search_path TO ${schema}`);
    const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = $1", [schema]);
    const tables: string[] = rows.map(({ tablename }) => tablename);
    const statements: string[] = [];
    for (const table of tables) {
      const content = (await client.query(`SELECT json_agg(t)::text AS json FROM "${table}" t`)).rows[0].json;
      if (content === null) continue;
      const literal = client.escapeLiteral(content);
      statements.push(`INSERT INTO "${table}" SELECT * FROM json_populate_recordset(NULL::"${table}", ${literal})`);
    }
    statements.push("SELECT setval(pg_get_serial_sequence('knex_migrations', 'id'), MAX(id)) FROM knex_migrations");
    return statements.join(";");
  } finally {
    await client.end();
  }
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
