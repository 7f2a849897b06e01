// One database: SQLite (one file, one process) or PostgreSQL (one to many instances), behind the same knex handle.
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import knex, { type Knex } from "knex";
import type { Client } from "pg";
import type { Database as SqliteDatabase } from "sqlite3";
import { migrations } from "../migrations/index.ts";
import { InputError } from "./errors.ts";
import { type Db, finalizeStatements } from "./statements.ts";

export type { Db } from "./statements.ts";
export { Overtaken, transaction } from "./transaction.ts";

/** PostgreSQL's number for the type (pg_type.oid). */
const bigint = 20;

/**
 * @param url "sqlite:FILE" or "postgres://..."
 * @param poolSize connections to PostgreSQL at the most; SQLite has one
 */
export function openDatabase({ url, poolSize }: { url: string; poolSize: number }): Knex {
  return url.startsWith("sqlite:") ? openSqlite(url.slice("sqlite:".length)) : openPostgres(url, poolSize);
}

/** SQLite is for one server: nobody else but the command line changes what it holds. */
export function isEmbedded(db: Db): boolean {
  return (db.client.config as Knex.Config).client === "sqlite3";
}

/**
 * Brings the schema up to date. Safe to call from several processes at once: they wait for one another.
 * @throws InputError where the database does not answer, or does not let its schema be changed
 */
export async function migrate(db: Knex): Promise<void> {
  await db.raw("SELECT 1").catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(`The database does not answer: ${cause.message || cause.code}. GUESTPASS_DATABASE_URL says where it is.`, {
      cause,
    });
  });
  if (!isEmbedded(db)) await requireSchema(db);
  // knex's own lock makes a second process fail, not wait; and it begins with a read, after which SQLite lets nobody wait.
  const lock = isEmbedded(db) ? "PRAGMA user_version = 1" : "SELECT pg_advisory_xact_lock(71238)";
  const upToDate = db.transaction(async (trx) => {
    await trx.raw(lock);
    await trx.migrate.latest({ migrationSource: migrations });
  });
  await upToDate.catch((cause: Error) => {
    // knex puts the statement before what the database says.
    const said = cause.message.split(" - ").at(-1);
    throw new InputError(`The database cannot be brought up to date: ${said}. GUESTPASS_DATABASE_URL says where it is.`, { cause });
  });
}

/** PostgreSQL takes any name for the schema, and fails only when something is to be made in it. */
async function requireSchema(db: Knex): Promise<void> {
  const { rows } = await db.raw("SELECT current_schema() AS found");
  if (rows[0].found !== null) return;
  const { searchPath: schema } = db.client.config as { searchPath?: string };
  throw new InputError(
    `There is no schema ${schema ?? "public"} in the database, or its user may not use it. GUESTPASS_DATABASE_URL names it; make it with CREATE SCHEMA ${schema ?? "public"} AUTHORIZATION its_user.`,
  );
}

/**
 * What was deleted or blanked is still in SQLite's write-ahead log, as it was written first: puts the log into the file, where it
 * is overwritten, and empties it. Another process that reads just then leaves it for the next time.
 */
export async function emptyLog(db: Knex): Promise<void> {
  if (isEmbedded(db)) await db.raw("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** How long an answer may take (milliseconds) until whoever asks is told that there is none. */
const patience = 2000;

/**
 * Whether the database does what is tried. While one try hangs, as when the network between is cut, no other takes a connection.
 */
export function answering(tried: () => Promise<unknown>): () => Promise<boolean> {
  let look: Promise<boolean> | undefined;
  const done = (answers: boolean) => {
    look = undefined;
    return answers;
  };
  return () => {
    look ??= tried().then(
      () => done(true),
      () => done(false),
    );
    return Promise.race([look, wait(patience, false, { ref: false })]);
  };
}

/** knex prints what it throws as well; standard output is for the log and for what a command answers. */
const silent = { debug: () => undefined, warn: () => undefined, error: () => undefined, deprecate: () => undefined };

function openSqlite(filename: string): Knex {
  if (filename !== ":memory:") makeFile(filename);
  const db = withDriver({
    client: "sqlite3",
    log: silent,
    connection: { filename },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      idleTimeoutMillis: 2 ** 31 - 1,
      afterCreate: prepareSqlite,
    },
  });
  const client = db.client as Knex.Client;
  const close = client.destroyRawConnection.bind(client);
  client.destroyRawConnection = async (connection: SqliteDatabase) => {
    await finalizeStatements(connection);
    await close(connection);
  };
  return db;
}

/** npm compiles SQLite's driver where it is allowed to and can; knex says then that it is to be installed, which it is. */
function withDriver(options: Knex.Config): Knex {
  try {
    return knex(options);
  } catch (cause) {
    throw new InputError(
      "SQLite's driver was not built when it was installed. Build it, with a C++ compiler, make and Python 3 there: npm pkg set allowScripts.sqlite3=true --json && npm rebuild sqlite3",
      { cause },
    );
  }
}

/** For its owner alone, whatever the umask; SQLite gives the files beside it (-wal, -shm) the same mode. One that is there stays as it is. */
function makeFile(filename: string): void {
  try {
    mkdirSync(dirname(filename), { recursive: true, mode: 0o700 });
    closeSync(openSync(filename, "a", 0o600));
  } catch (cause) {
    throw new InputError(`The database file cannot be opened: ${(cause as Error).message}. GUESTPASS_DATABASE_URL says where it is.`, {
      cause,
    });
  }
}

function openPostgres(connectionString: string, poolSize: number): Knex {
  const searchPath = new URL(connectionString).searchParams.get("schema");
  return knex({
    client: "pg",
    log: silent,
    connection: { connectionString },
    ...(searchPath ? { searchPath } : {}),
    pool: {
      min: 0,
      max: poolSize,
      afterCreate: (connection: Client, done: (error: Error | null) => void) => {
        // Times are bigint milliseconds: exact as JavaScript numbers until the year 287396.
        connection.setTypeParser(bigint, Number);
        // A page is read in order and ends early; with workers the planner would rather read all of it and sort.
        connection.query("SET max_parallel_workers_per_gather = 0", done);
      },
    },
  });
}

const pragmas = [
  "busy_timeout = 5000",
  "journal_mode = WAL",
  "synchronous = NORMAL",
  "wal_autocheckpoint = 4000",
  // 16 MiB at the most: a page of the directory among a million guests reads half as long.
  "cache_size = -16384",
  "foreign_keys = ON",
  // What is deleted or blanked is overwritten in the file too: codes and the bodies of mails.
  "secure_delete = ON",
];
/** How often, 20 ms apart: SQLite does not wait by itself while another process turns a new file to WAL. */
const mostTries = 250;

function prepareSqlite(connection: SqliteDatabase, done: (error: Error | null) => void, tried = 1): void {
  connection.exec(pragmas.map((pragma) => `PRAGMA ${pragma};`).join(" "), (error: NodeJS.ErrnoException | null) => {
    if (error?.code !== "SQLITE_BUSY" || tried === mostTries) return done(error);
    setTimeout(() => prepareSqlite(connection, done, tried + 1), 20);
  });
}
