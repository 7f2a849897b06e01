// A database of its own for each slice: a file, or a schema of the PostgreSQL server that was named. Both are removed afterwards.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import pg from "pg";

export type DatabaseKind = "sqlite" | "postgres";

export interface ScratchDatabase {
  /** For GUESTPASS_DATABASE_URL. */
  url: string;
  /** The server's processes that work for this database's connections; none on SQLite. */
  backends(): Promise<number[]>;
  /** Gathers the planner's statistics, as PostgreSQL itself does within a minute of work. */
  analyze(): Promise<void>;
  remove(): Promise<void>;
}

/** Where PostgreSQL is to be measured, if anywhere. */
export const postgresServer = process.env["BENCH_DATABASE_URL"] ?? process.env["TEST_DATABASE_URL"];

export function createDatabase(kind: DatabaseKind, directory: string): Promise<ScratchDatabase> {
  return kind === "postgres" ? createSchema() : createFile(directory);
}

/** Goes with its directory. */
async function createFile(directory: string): Promise<ScratchDatabase> {
  const file = join(directory, `${randomUUID()}.db`);
  return { url: `sqlite:${file}`, backends: async () => [], analyze: async () => undefined, remove: async () => undefined };
}

async function createSchema(): Promise<ScratchDatabase> {
  if (!postgresServer) throw new Error("PostgreSQL is measured where BENCH_DATABASE_URL or TEST_DATABASE_URL names a server");
  const name = `bench_${randomUUID().replaceAll("-", "")}`;
  await administer(`CREATE SCHEMA ${name}`);
  const url = new URL(postgresServer);
  url.searchParams.set("schema", name);
  url.searchParams.set("application_name", name);
  return {
    url: url.href,
    backends: async () => {
      const rows = await administer<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE application_name = $1", [name]);
      return rows.map((row) => row.pid);
    },
    analyze: async () => {
      const tables = await administer<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = $1", [name]);
      await administer(`ANALYZE ${tables.map((table) => `${name}.${table.name}`).join(", ")}`);
    },
    remove: async () => {
      await administer(`DROP SCHEMA ${name} CASCADE`);
    },
  };
}

async function administer<Row extends pg.QueryResultRow>(sql: string, values: string[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: postgresServer });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
