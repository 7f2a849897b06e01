// Transactions on either database, and what becomes of one that another one came before.
import type { Knex } from "knex";
import { command, type Db, Transaction } from "./statements.ts";

const begin = command("BEGIN");
const commit = command("COMMIT");
const rollback = command("ROLLBACK");

/**
 * What PostgreSQL says (SQLSTATE) where another transaction took first, or took away, what this one builds on, or each waited for the
 * other. SQLite runs one after the other.
 */
const overtaken = new Set(["23503", "23505", "40001", "40P01"]);
/** More than that would be a fault. */
const mostAttempts = 3;

/** What was there a moment ago is gone. Thrown in a transaction, it runs once more. */
export class Overtaken extends Error {
  readonly code = "40001";
}

/**
 * Runs `work` in one transaction: all of it is kept or none. Begin with a write: SQLite then waits for its turn. Where another
 * transaction came between, `work` runs again from the start.
 */
export async function transaction<T>(db: Knex, work: (trx: Db) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attempted(db, work);
    } catch (error) {
      if (attempt === mostAttempts || !overtaken.has((error as { code?: string }).code ?? "")) throw error;
    }
  }
}

async function attempted<T>(db: Knex, work: (trx: Db) => Promise<T>): Promise<T> {
  const client = db.client as Knex.Client;
  const trx = new Transaction(client, await client.acquireConnection());
  try {
    await begin(trx);
    const result = await work(trx);
    await commit(trx);
    return result;
  } catch (error) {
    // Where even this fails, the connection is gone or the database has rolled back by itself.
    await rollback(trx).catch(() => undefined);
    throw error;
  } finally {
    trx.over = true;
    await client.releaseConnection(trx.connection);
  }
}
