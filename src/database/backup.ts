// A copy of the database in one file. PostgreSQL has its own tool for that; SQLite is copied here while servers keep running.
import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Knex } from "knex";
import { InputError } from "../errors.ts";

/**
 * Writes all of a SQLite database as it is at one moment. Only its owner can read the file, and it is complete or not there at all: an
 * earlier one is replaced at the end.
 * @param database the file of the database
 * @returns how many bytes it has
 * @throws InputError if it cannot be written
 */
export async function backUp(db: Knex, database: string, file: string): Promise<number> {
  if (await isSameFile(database, file)) throw new InputError(`${file} is the database itself. Choose another file.`);
  const unfinished = `${file}.${randomUUID()}.part`;
  try {
    await (await open(unfinished, "wx", 0o600)).close();
    await db.raw("VACUUM INTO ?", [unfinished]);
    const bytes = await flush(unfinished);
    await rename(unfinished, file);
    await flush(dirname(file));
    return bytes;
  } catch (cause) {
    await rm(unfinished, { force: true });
    // knex puts the statement before the database's message.
    throw new InputError(`${file} cannot be written: ${(cause as Error).message.split(" - ").at(-1)}.`, { cause });
  }
}

/**
 * The shell command that backs up PostgreSQL.
 * @param url of the database; its password stays out of the command, which other users can see
 */
export function dumpCommand(url: string, file: string): string {
  const database = new URL(url);
  const schema = database.searchParams.get("schema");
  database.searchParams.delete("schema");
  database.password = "";
  const only = schema === null ? [] : [`--schema=${quoted(schema)}`];
  return ["pg_dump --format=custom --no-owner", ...only, `--file=${quoted(file)}`, quoted(database.href)].join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => undefined)));
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino;
}

/** On disk, a loss of power included. @returns how many bytes it has */
async function flush(path: string): Promise<number> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
