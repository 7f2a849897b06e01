// Transactions on both databases, and retries of those that another transaction overtook.
import type { Knex } from "knex";
import { isLost, UnknownOutcome } from "./away.ts";
import { command, type Db, Transaction } from "./statements.ts";

const begin = command("BEGIN");
const commit = command("COMMIT");
const rollback = command("ROLLBACK");

/**
 * PostgreSQL's SQLSTATE if another transaction locked or removed rows that this one needs, or if each waited for the
 * other. SQLite runs one transaction after another.
 */
const overtaken = new Set(["23503", "23505", "40001", "40P01"]);
/** More than that would be a bug. */
const mostAttempts = 3;

/** A row that existed a moment ago is gone. A transaction that throws this runs once more. */
export class Overtaken extends Error {
  readonly code = "40001";
}

/**
 * Runs `work` in one transaction: all of it is kept, or nothing. Begin with a write: SQLite then waits for its turn. If another
 * transaction came between, `work` runs again from the start.
 * @throws UnknownOutcome if the connection was lost before the answer to COMMIT came
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
    await commit(trx).catch((error: unknown) => {
      throw isLost(error) ? new UnknownOutcome(error) : error;
    });
    return result;
  } catch (error) {
    // If even this fails, the connection is gone or the database has rolled back by itself.
    await rollback(trx).catch(() => undefined);
    throw error;
  } finally {
    trx.over = true;
    await client.releaseConnection(trx.connection);
  }
}
