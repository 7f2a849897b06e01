import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";

const name = "global";
const select = query<{ value: string; updated_at: number }>("SELECT value, updated_at FROM settings WHERE name = ?");
const upsert = command(
  `INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?)
   ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at WHERE settings.updated_at = ?`,
);

/** As JSON; version 0 if nothing was ever changed. */
export async function read(db: Db): Promise<{ value: string; version: number }> {
  const row = (await select(db, name))[0];
  return { value: row?.value ?? "{}", version: row?.updated_at ?? 0 };
}

/** @returns false if they were changed since `version` */
export async function write(db: Db, value: string, at: number, version: number): Promise<boolean> {
  return (await upsert(db, name, value, Math.max(at, version + 1), version)) === 1;
}
