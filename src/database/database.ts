// One database: SQLite (one file, one process) or PostgreSQL (one to many instances), behind the same knex handle.
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import knex, { type Knex } from "knex";
import type { Client, PoolClient } from "pg";
import type { Database as SqliteDatabase } from "sqlite3";
import { defaults } from "../../config/defaults.ts";
import { second } from "../clock.ts";
import { InputError } from "../errors.ts";
import { type Db, finalizeStatements, setConduct } from "./statements.ts";

export type { Db } from "./statements.ts";
export { Overtaken, transaction } from "./transaction.ts";

/** PostgreSQL's number for the type (pg_type.oid). */
const bigint = 20;

type Settings = typeof defaults.database & { url: string };

/**
 * @param settings where it is ("sqlite:FILE" or "postgres://..."), and whatever differs from the defaults: docs/configuration.md
 * @param isToBeThere no file is created if there is none
 * @throws InputError if SQLite's file is not there or cannot be made
 */
export function openDatabase(given: { url: string } & Partial<Settings>, isToBeThere = false): Knex {
  const settings = { ...defaults.database, ...given };
  if (!settings.url.startsWith("sqlite:")) return openPostgres(settings);
  const filename = settings.url.slice("sqlite:".length);
  if (isToBeThere && filename !== ":memory:" && !existsSync(filename)) {
    throw new InputError(
      `There is no database at ${filename} yet. Create it with guestpass migrate, or start guestpass serve once. GUESTPASS_DATABASE_URL says where it is.`,
    );
  }
  return openSqlite(filename, settings);
}

/** SQLite is for one server: only the command line changes its content besides. */
export function isEmbedded(db: Db): boolean {
  return (db.client.config as Knex.Config).client === "sqlite3";
}

/**
 * Deleted and blanked data is still in SQLite's write-ahead log as first written. This moves the log into the file, where the data
 * is overwritten, and empties it. Another process that reads just then leaves it for the next time.
 */
export async function emptyLog(db: Knex): Promise<void> {
  if (isEmbedded(db)) await db.raw("PRAGMA wal_checkpoint(TRUNCATE)");
}

/**
 * Lets SQLite update its statistics if its tables have changed much. No statement depends on them: each query of a sign-in
 * names its own way to the rows. PostgreSQL does the same by autovacuum.
 */
export async function keepStatistics(db: Knex): Promise<void> {
  if (isEmbedded(db)) await db.raw("PRAGMA optimize");
}

/** How long an answer may take (milliseconds) before the caller gets an error. */
const patience = 2000;

/**
 * Whether the database answers a probe. While one probe hangs, for example because the network is cut, no other takes a connection.
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

/** knex prints what it throws too; standard output is for the log and for the answers of commands. */
const silent = { debug: () => undefined, warn: () => undefined, error: () => undefined, deprecate: () => undefined };

function openSqlite(filename: string, { poolSeconds, lockSeconds }: Settings): Knex {
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
      acquireTimeoutMillis: milliseconds(poolSeconds),
      afterCreate: (connection: SqliteDatabase, done: Done) => prepareSqlite(connection, milliseconds(lockSeconds), done),
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

/** npm compiles SQLite's driver only if it may and can; otherwise knex asks for it to be installed, though it is. */
function withDriver(options: Knex.Config): Knex {
  try {
    return knex(options);
  } catch (cause) {
    throw new InputError(
      "SQLite's driver was not built when it was installed. Build it (this needs a C++ compiler, make and Python 3): npm pkg set allowScripts.sqlite3=true --json && npm rebuild sqlite3",
      { cause },
    );
  }
}

/** For its owner alone, whatever the umask; SQLite gives the files beside it (-wal, -shm) the same mode. An existing file keeps its mode. */
export function makeFile(filename: string): void {
  try {
    mkdirSync(dirname(filename), { recursive: true, mode: 0o700 });
    closeSync(openSync(filename, "a", 0o600));
  } catch (cause) {
    throw new InputError(`The database file cannot be opened: ${(cause as Error).message}. GUESTPASS_DATABASE_URL says where it is.`, {
      cause,
    });
  }
}

type Done = (error: Error | null) => void;

const milliseconds = (seconds: number) => Math.ceil(seconds * second);
/** How long (milliseconds) a server may take to say that it cancelled a statement, and to set up a new connection. */
const grace = 2 * second;
/** After this much silence (milliseconds) TCP asks whether the other side is still there. */
export const keepAliveAfter = 30 * second;

function openPostgres({ url, poolSize, ...limits }: Settings): Knex {
  const searchPath = new URL(url).searchParams.get("schema");
  const [statement, lock] = [milliseconds(limits.statementSeconds), milliseconds(limits.lockSeconds)];
  // Not as parameters of the connection, which poolers refuse. A page is read in order and ends early; with workers the planner would rather
  // read all of it and sort.
  const settings = {
    statement_timeout: statement,
    lock_timeout: lock,
    idle_in_transaction_session_timeout: milliseconds(limits.idleTransactionSeconds),
    max_parallel_workers_per_gather: 0,
  };
  const setUp = `SELECT ${Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', '${value}', false)`)
    .join(", ")}`;
  // If one connection is silent, so are the others on the same path: none of them is used again.
  let generation = 0;
  const generations = new WeakMap<Client, number>();
  return knex({
    client: "pg",
    log: silent,
    connection: {
      connectionString: url,
      connectionTimeoutMillis: milliseconds(limits.connectSeconds),
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfter,
    },
    ...(searchPath ? { searchPath } : {}),
    pool: {
      min: 0,
      max: poolSize,
      acquireTimeoutMillis: milliseconds(limits.poolSeconds),
      createTimeoutMillis: milliseconds(limits.connectSeconds) + grace,
      validate: (connection: Client) => generations.get(connection) === generation,
      afterCreate: (connection: Client & PoolClient, done: Done) => {
        // Times are bigint milliseconds: exact as JavaScript numbers until the year 287396.
        connection.setTypeParser(bigint, Number);
        const born = generation;
        generations.set(connection, born);
        setConduct(connection, {
          named: limits.prepared === "on",
          answersWithin: statement + grace,
          silent: () => {
            if (generation === born) generation++;
            // It does not close politely while a statement is under way.
            void connection.end().catch(() => undefined);
          },
        });
        connection.query(setUp, (error) => done(error));
      },
    },
  });
}

const pragmas = [
  "journal_mode = WAL",
  "synchronous = NORMAL",
  "wal_autocheckpoint = 4000",
  // 16 MiB at most: a page of the directory among a million guests reads half as long.
  "cache_size = -16384",
  // Rows of an index that PRAGMA optimize looks at.
  "analysis_limit = 400",
  "foreign_keys = ON",
  // Deleted and blanked data is overwritten in the file too: codes and the bodies of mails.
  "secure_delete = ON",
];
/** How often, 20 ms apart: SQLite does not wait by itself while another process turns a new file to WAL. */
const mostTries = 250;

function prepareSqlite(connection: SqliteDatabase, busyTimeout: number, done: Done, tried = 1): void {
  connection.exec(
    [`busy_timeout = ${busyTimeout}`, ...pragmas].map((pragma) => `PRAGMA ${pragma};`).join(" "),
    (error: NodeJS.ErrnoException | null) => {
      if (error?.code !== "SQLITE_BUSY" || tried === mostTries) return done(error);
      setTimeout(() => prepareSqlite(connection, busyTimeout, done, tried + 1), 20);
    },
  );
}
