import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";

const name = "global";
const select = query<{ value: string }>("SELECT value FROM settings WHERE name = ?");
const upsert = command(
  "INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
);

/** @returns JSON, or undefined where nothing was ever changed */
export async function read(db: Db): Promise<string | undefined> {
  return (await select(db, name))[0]?.value;
}

export async function write(db: Db, value: string, at: number): Promise<void> {
  await upsert(db, name, value, at);
}
