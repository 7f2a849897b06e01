// Moves from SQLite to PostgreSQL: copies the state at one moment, in one transaction.
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import { elapsed } from "../clock.ts";
import { InputError } from "../errors.ts";
import { migrate } from "./migrate.ts";
import { requireSchema } from "./schema.ts";
import { migrationsThatRan } from "./schema-store.ts";

export interface CopiedTable {
  table: string;
  rows: number;
}

type Row = Record<string, string | number | null>;

const batch = 1000;
/** A server records once a second that it is running: the shortest time to watch for one, in milliseconds. */
const watched = 2500;
/** Tables that the migrations of a new database fill; all others are empty then. */
const filledByMigrating = ["audit_head", "schema_contract", "webhook_place"];

/**
 * Copies a SQLite database into an empty PostgreSQL database, whose schema it makes.
 * @param watch another connection to the same SQLite database
 * @throws InputError if the target is not empty, or a server uses the source meanwhile; the target then stays as empty as before
 */
export async function copyDatabase({ from, watch, to }: Record<"from" | "watch" | "to", Knex>): Promise<CopiedTable[]> {
  await requireSchema(from);
  await migrate(to);
  await requireSameSchema(from, to);
  const [began, before] = [elapsed(), await versionOf(watch)];
  return to.transaction(async (target) => {
    const copied = await from.transaction((source) => copyAll(source, target));
    await wait(Math.max(0, began + watched - elapsed()));
    if ((await versionOf(watch)) !== before)
      throw new InputError("The database changed while it was being copied. Stop the server and all other commands, and copy it again.");
    return copied;
  });
}

async function copyAll(source: Knex.Transaction, target: Knex.Transaction): Promise<CopiedTable[]> {
  const tables = await tablesInOrder(source);
  await target.raw(`LOCK TABLE ${tables.map(name).join(", ")} IN ACCESS EXCLUSIVE MODE`);
  for (const table of tables) {
    if (filledByMigrating.includes(table) || (await countOf(target, table)) === 0) continue;
    throw new InputError(`The database given by --to is not empty: its table ${table} has rows. Use an empty one.`);
  }
  for (const table of filledByMigrating) await target(table).delete();
  const copied: CopiedTable[] = [];
  for (const table of tables) {
    await copyTable(source, target, table).catch((cause: Error) => {
      throw new InputError(`The table ${table} cannot be copied: ${cause.message.split(" - ").at(-1)}.`, { cause });
    });
    const [rows, arrived] = [await countOf(source, table), await countOf(target, table)];
    if (rows !== arrived) throw new InputError(`Only ${arrived} of the ${rows} rows of the table ${table} arrived, so nothing was copied.`);
    copied.push({ table, rows });
  }
  return copied;
}

async function copyTable(source: Knex.Transaction, target: Knex.Transaction, table: string): Promise<void> {
  // Generated columns are left out: table_info does not list them.
  const columns = (await source.raw<{ name: string }[]>(`PRAGMA table_info(${name(table)})`)).map((column) => column.name);
  const list = columns.map(name).join(", ");
  const insert = `INSERT INTO ${name(table)} (${list}) SELECT ${list} FROM json_populate_recordset(NULL::${name(table)}, CAST(? AS json))`;
  for (let last = -1; ; ) {
    const select = `SELECT rowid AS "row number", ${list} FROM ${name(table)} WHERE rowid > ? ORDER BY rowid LIMIT ${batch}`;
    const rows = await source.raw<Row[]>(select, [last]);
    if (rows.length > 0) await target.raw(insert, [JSON.stringify(rows)]);
    if (rows.length < batch) break;
    last = rows.at(-1)?.["row number"] as number;
  }
  // Numbered columns continue after the highest number.
  if (!columns.includes("id")) return;
  await target.raw(
    `SELECT setval(sequence, (SELECT COALESCE(MAX(id::text::bigint), 0) + 1 FROM ${name(table)}), false)
     FROM (SELECT pg_get_serial_sequence(?, 'id') AS sequence) found WHERE sequence IS NOT NULL`,
    [name(table)],
  );
}

/** Those that others refer to come first. */
async function tablesInOrder(source: Knex.Transaction): Promise<string[]> {
  const listed = await source.raw<{ name: string; type: string }[]>("PRAGMA table_list");
  const names = listed.filter((each) => each.type === "table" && !/^(sqlite|knex)_/.test(each.name)).map((each) => each.name);
  const referred = new Map<string, string[]>();
  for (const table of names) {
    const keys = await source.raw<{ table: string }[]>(`PRAGMA foreign_key_list(${name(table)})`);
    referred.set(
      table,
      keys.map((key) => key.table).filter((other) => other !== table),
    );
  }
  const ordered: string[] = [];
  while (ordered.length < names.length) {
    const next = names.filter((table) => !ordered.includes(table) && referred.get(table)?.every((other) => ordered.includes(other)));
    if (next.length === 0) throw new Error("tables refer to one another");
    ordered.push(...next);
  }
  return ordered;
}

/** A newer version may have added columns to either. */
async function requireSameSchema(from: Knex, to: Knex): Promise<void> {
  const [ran, there] = [await migrationsThatRan(from), await migrationsThatRan(to)];
  const others = new Set(ran).symmetricDifference(new Set(there));
  if (others.size === 0) return;
  throw new InputError(`The two databases are of different versions of Guestpass: only one has ${[...others].join(", ")}.`);
}

async function countOf(db: Knex.Transaction, table: string): Promise<number> {
  const [row] = await db(table).count({ rows: "*" });
  return Number(row?.["rows"]);
}

/** It changes whenever another connection has written. */
async function versionOf(db: Knex): Promise<number | undefined> {
  const [row] = await db.raw<{ data_version: number }[]>("PRAGMA data_version");
  return row?.data_version;
}

function name(text: string): string {
  return `"${text}"`;
}
