// Durable queues of messages to applications: each kind has its own table, all with the same columns.
import type { Knex } from "knex";
import { skew } from "../clock.ts";
import { type Db, isEmbedded } from "./database.ts";
import { removal } from "./removal.ts";
import { allOf, command, query, type Sql } from "./statements.ts";

/** A message to deliver, with the columns of its kind. */
export type Queued<Columns> = Columns & { id: string; clientId: string; attempts: number; createdAt: number };

/** A message that waits, or was given up. */
export type Open<Columns> = Queued<Columns> & {
  state: "queued" | "given-up";
  nextAttemptAt: number;
  /** When it was given up. */
  settledAt: number | null;
  /** Why the last attempt failed, in words. */
  lastError: string | null;
};

export interface OpenFilter {
  state?: "queued" | "given-up";
  clientId?: string;
}

export interface QueuePlace {
  createdAt: number;
  id: string;
}

interface Row {
  id: string;
  client_id: string;
  attempts: number;
  created_at: number;
}

interface OpenRow extends Row {
  state: "queued" | "given-up";
  next_attempt_at: number;
  settled_at: number | null;
  last_error: string | null;
}

export type QueueStore<Columns> = ReturnType<typeof queueStore<Columns>>;

/** @param own the columns of the kind, as in SQL and in its rows: "sub, sid" */
export function queueStore<Columns>(table: string, own: string) {
  const claimSql = (lock: string) =>
    `UPDATE ${table} SET leased_until = ?, leased_by = ? WHERE id IN
     (SELECT id FROM ${table} WHERE state = 'queued' AND next_attempt_at <= ? AND leased_until <= ? ORDER BY next_attempt_at LIMIT ? ${lock})
     RETURNING id, client_id, attempts, created_at, ${own}`;
  const claimOnSqlite = query<Row & Columns>(claimSql(""));
  const claimOnPostgres = query<Row & Columns>(claimSql("FOR UPDATE SKIP LOCKED"));
  const updateMisdated = command(
    `UPDATE ${table} SET next_attempt_at = CASE WHEN next_attempt_at > ? THEN ? ELSE next_attempt_at END,
     leased_until = CASE WHEN leased_until > ? THEN ? ELSE leased_until END
     WHERE state = 'queued' AND (next_attempt_at > ? OR leased_until > ?)`,
  );
  const settleRow = command(
    `UPDATE ${table} SET state = ?, attempts = attempts + 1, settled_at = ?, last_error = ?, leased_until = 0 WHERE id = ? AND leased_by = ? AND state = 'queued'`,
  );
  const delayRow = command(
    `UPDATE ${table} SET attempts = attempts + 1, next_attempt_at = ?, last_error = ?, leased_until = 0 WHERE id = ? AND leased_by = ? AND state = 'queued'`,
  );
  const putOffSql = (lock: string) =>
    `UPDATE ${table} SET next_attempt_at = ? WHERE id IN
     (SELECT id FROM ${table} WHERE client_id = ? AND state = 'queued' AND next_attempt_at <= ? AND leased_until <= ? ${lock})`;
  const putOffOnSqlite = command(putOffSql(""));
  const putOffOnPostgres = command(putOffSql("FOR UPDATE SKIP LOCKED"));
  const removeSettledRows = removal(table, "id", "settled_at < ?");

  return {
    async claim(db: Knex, lease: { by: string; at: number; until: number; most: number }): Promise<Queued<Columns>[]> {
      const select = isEmbedded(db) ? claimOnSqlite : claimOnPostgres;
      return (await select(db, lease.until, lease.by, lease.at, lease.at, lease.most)).map(toQueued);
    },

    /** Makes messages due that a clock that was ahead postponed, or leased, for longer than is ever the case (milliseconds). */
    async mendDates(db: Db, now: number, longestPause: number, longestLease: number): Promise<void> {
      const [pause, lease] = [now + longestPause + skew, now + longestLease + skew];
      await updateMisdated(db, pause, now, lease, now, pause, lease);
    },

    /** @returns false if the lease was lost */
    async settle(
      db: Db,
      id: string,
      by: string,
      state: "delivered" | "not-registered" | "given-up",
      at: number,
      error: string | null,
    ): Promise<boolean> {
      return (await settleRow(db, state, at, error, id, by)) === 1;
    },

    async delay(db: Db, id: string, by: string, nextAttemptAt: number, error: string): Promise<void> {
      await delayRow(db, nextAttemptAt, error, id, by);
    },

    /** Delays the application's other messages that are due now. */
    async putOff(db: Knex, clientId: string, now: number, until: number): Promise<void> {
      await (isEmbedded(db) ? putOffOnSqlite : putOffOnPostgres)(db, until, clientId, now, now);
    },

    /** The newest first. */
    async listOpen(db: Db, { state, clientId }: OpenFilter, limit: number, before?: QueuePlace): Promise<Open<Columns>[]> {
      const [where, ...values] = allOf([
        ["state IN ('queued', 'given-up')"],
        ...(state === undefined ? [] : [["state = ?", state] satisfies Sql]),
        ...(clientId === undefined ? [] : [["client_id = ?", clientId] satisfies Sql]),
        ...(before === undefined ? [] : [["(created_at, id) < (?, ?)", before.createdAt, before.id] satisfies Sql]),
      ]);
      const rows = await query<OpenRow & Columns>(
        `SELECT id, client_id, state, attempts, created_at, next_attempt_at, settled_at, last_error, ${own}
         FROM ${table} ${where} ORDER BY created_at DESC, id DESC LIMIT ?`,
      )(db, ...values, limit);
      return rows.map((row) => {
        const { next_attempt_at: nextAttemptAt, settled_at: settledAt, last_error: lastError, ...rest } = row;
        return { ...toQueued(rest as unknown as Row & Columns), state: row.state, nextAttemptAt, settledAt, lastError };
      });
    },

    async removeSettled(db: Db, before: number): Promise<void> {
      await removeSettledRows(db, before);
    },
  };
}

function toQueued<Columns>({ client_id: clientId, created_at: createdAt, ...rest }: Row & Columns): Queued<Columns> {
  return { ...rest, clientId, createdAt } as unknown as Queued<Columns>;
}
