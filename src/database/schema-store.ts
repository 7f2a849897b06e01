import type { Knex } from "knex";
import { type Db, query } from "./statements.ts";

const selectMigrations = query<{ name: string }>("SELECT name FROM knex_migrations");
const selectContract = query<{ oldest_version: string }>("SELECT oldest_version FROM schema_contract");

/** @returns the names of the migrations that have run; none in a new database */
export async function migrationsThatRan(db: Knex): Promise<string[]> {
  if (!(await db.schema.hasTable("knex_migrations"))) return [];
  return (await selectMigrations(db)).map(({ name }) => name);
}

/** The oldest version of Guestpass that can work with the schema. @returns undefined if the schema names none */
export async function readOldestVersion(db: Db): Promise<string | undefined> {
  return (await selectContract(db))[0]?.oldest_version;
}
