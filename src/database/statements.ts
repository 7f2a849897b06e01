// Kept prepared statements: SQL is prepared once per connection and then only bound and run. On the path of a sign-in
// a query builder and repeated preparation cost more than the queries themselves. SQL is written with "?" for both databases.
import { channel } from "node:diagnostics_channel";
import type { Knex } from "knex";
import type { PoolClient } from "pg";
import type { Database as SqliteDatabase, Statement as SqliteStatement } from "sqlite3";
import { isLost, isSilence, UnknownOutcome } from "./away.ts";

export type Value = string | number | Buffer | null;
interface Result<Row> {
  rows: Row[];
  changes: number;
}

/** Announces every statement that runs, as `{ sql }`, so that it can be counted. It costs nothing while nobody listens. */
const ran = channel("guestpass:statement");

/** An open transaction: database.ts begins and ends it. */
export class Transaction {
  readonly client: Knex.Client;
  readonly connection: SqliteDatabase | PoolClient;
  /** Its connection may be in use by somebody else by now. */
  over = false;

  constructor(client: Knex.Client, connection: SqliteDatabase | PoolClient) {
    this.client = client;
    this.connection = connection;
  }
}

/** The database or a transaction on it. Inside a transaction use nothing but the transaction. */
export type Db = Knex | Transaction;

/** How statements run on a connection to PostgreSQL. */
export interface Conduct {
  /** Statements have names and stay prepared. Some poolers lose them. */
  named: boolean;
  /** Milliseconds. A live server has answered by then, with a result or that it took too long. */
  answersWithin: number;
  /** Called if it has not answered: nothing comes from the other side any more. */
  silent(): void;
}

const conducts = new WeakMap<PoolClient, Conduct>();

/** Every connection to PostgreSQL is told once, when it is made. */
export function setConduct(connection: PoolClient, conduct: Conduct): void {
  conducts.set(connection, conduct);
}

const prepared = new WeakMap<SqliteDatabase, Map<string, SqliteStatement>>();
const named = new Map<string, { name: string; text: string }>();

/** Declares a statement that returns rows: SELECT, or a change with RETURNING. */
export function query<Row>(sql: string): (db: Db, ...values: Value[]) => Promise<Row[]> {
  return async (db, ...values) => (await run<Row>(db, sql, true, values)).rows;
}

/** Declares a statement that changes rows and returns how many. */
export function command(sql: string): (db: Db, ...values: Value[]) => Promise<number> {
  return async (db, ...values) => (await run(db, sql, false, values)).changes;
}

/** The last of them repeated up to a power of two, so that lists of any length need few different statements. */
export function toPowerOfTwo<T>(values: T[]): T[] {
  const length = 2 ** Math.ceil(Math.log2(Math.max(1, values.length)));
  return [...values, ...Array<T>(length - values.length).fill(values.at(-1) as T)];
}

/**
 * Values for `IN (...)`.
 * @returns the question marks, and the values for them
 */
export function listed(values: string[]): [marks: string, values: string[]] {
  const padded = toPowerOfTwo(values.length > 0 ? values : [""]);
  return [padded.map(() => "?").join(", "), padded];
}

/**
 * SQL for the given value (`?`) if a row has it, otherwise for its neighbour's, so that the same number of rows is read. The caller
 * compares what was found. The column needs a unique index.
 */
export function nearest(table: string, column: string): string {
  return `coalesce((SELECT MIN(${column}) FROM ${table} WHERE ${column} >= ?), (SELECT MAX(${column}) FROM ${table}))`;
}

/** A part of a statement, with the values for its question marks. */
export type Sql = [sql: string, ...values: Value[]];

/** @returns the WHERE clause of all of the conditions; empty if there is none */
export function allOf(conditions: Sql[]): Sql {
  const where = conditions.length > 0 ? `WHERE ${conditions.map(([sql]) => sql).join(" AND ")}` : "";
  return [where, ...conditions.flatMap(([, ...values]) => values)];
}

async function run<Row>(db: Db, sql: string, answersRows: boolean, values: Value[]): Promise<Result<Row>> {
  if (ran.hasSubscribers) ran.publish({ sql });
  if (db instanceof Transaction) {
    if (db.over) throw new Error("a statement was run after the end of its transaction");
    return runOn<Row>(db.connection, sql, answersRows, values);
  }
  const client = db.client as Knex.Client;
  const connection = await client.acquireConnection();
  try {
    return await runOn<Row>(connection, sql, answersRows, values);
  } catch (error) {
    throw isLost(error) && !/^\s*SELECT/.test(sql) ? new UnknownOutcome(error) : error;
  } finally {
    void client.releaseConnection(connection);
  }
}

function runOn<Row>(connection: SqliteDatabase | PoolClient, sql: string, answersRows: boolean, values: Value[]): Promise<Result<Row>> {
  return "prepare" in connection ? runSqlite<Row>(connection, sql, answersRows, values) : runPostgres<Row>(connection, sql, values);
}

async function runPostgres<Row>(connection: PoolClient, sql: string, values: Value[]): Promise<Result<Row>> {
  const { named: isNamed, answersWithin, silent } = conducts.get(connection) as Conduct;
  const { name, text } = nameFor(sql);
  const asked = { ...(isNamed ? { name } : {}), text, values, query_timeout: answersWithin };
  try {
    const result = await connection.query(asked);
    return { rows: result.rows as Row[], changes: result.rowCount ?? 0 };
  } catch (error) {
    if (isSilence(error)) silent();
    throw error;
  }
}

function nameFor(sql: string): { name: string; text: string } {
  let entry = named.get(sql);
  if (!entry) {
    let position = 0;
    entry = { name: `guestpass_${named.size}`, text: sql.replace(/\?/g, () => `$${++position}`) };
    named.set(sql, entry);
  }
  return entry;
}

function runSqlite<Row>(connection: SqliteDatabase, sql: string, answersRows: boolean, values: Value[]): Promise<Result<Row>> {
  const kept = prepared.get(connection)?.get(sql);
  if (kept) return step<Row>(kept, answersRows, values);
  return prepare(connection, sql).then((statement) => step<Row>(statement, answersRows, values));
}

function step<Row>(statement: SqliteStatement, answersRows: boolean, values: Value[]): Promise<Result<Row>> {
  return new Promise((resolve, reject) => {
    if (answersRows) {
      statement.all<Row>(values, (error, rows) => (error ? reject(error) : resolve({ rows, changes: rows.length })));
      return;
    }
    statement.run(values, function (error) {
      if (error) reject(error);
      else resolve({ rows: [], changes: this.changes });
    });
  });
}

function prepare(connection: SqliteDatabase, sql: string): Promise<SqliteStatement> {
  const statements = prepared.get(connection) ?? new Map<string, SqliteStatement>();
  prepared.set(connection, statements);
  return new Promise((resolve, reject) => {
    const statement: SqliteStatement = connection.prepare(sql, (error) => {
      if (error) return reject(error);
      statements.set(sql, statement);
      resolve(statement);
    });
  });
}

/** SQLite closes a connection and tidies up its files only when no prepared statement is left on it. */
export async function finalizeStatements(connection: SqliteDatabase): Promise<void> {
  const statements = [...(prepared.get(connection)?.values() ?? [])];
  prepared.delete(connection);
  await Promise.all(statements.map((statement) => new Promise<void>((resolve) => statement.finalize(() => resolve()))));
}
