import { isEmbedded } from "./database.ts";
import { command, type Db, type Value } from "./statements.ts";

/** Rows removed in one statement. Others wait for it (on SQLite everyone), so it must be short. */
export const removedAtOnce = 500;

/**
 * Declares the removal of all rows that match a condition, batch by batch. On PostgreSQL it waits for no row: one in use is left for
 * another time.
 * @param key columns that name a row
 * @param where a condition that an index answers
 */
export function removal(table: string, key: string, where: string): (db: Db, ...values: Value[]) => Promise<void> {
  const sql = (lock: string) =>
    `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${removedAtOnce} ${lock})`;
  const onSqlite = command(sql(""));
  const onPostgres = command(sql("FOR UPDATE SKIP LOCKED"));
  return async (db, ...values) => {
    const remove = isEmbedded(db) ? onSqlite : onPostgres;
    while ((await remove(db, ...values)) === removedAtOnce);
  };
}
