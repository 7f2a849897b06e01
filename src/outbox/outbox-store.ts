import type { Knex } from "knex";
import { type Db, isEmbedded } from "../database.ts";
import { command, query, type Value } from "../statements.ts";

export interface Message {
  subject: string;
  text: string;
  html: string;
  /** BCP 47. */
  language: string;
  /** An address, where answers do not go to the sender. */
  replyTo?: string;
}

/** What is sent first. Of what is too old to be sent, notices alone are kept: they still say something. */
export const priorities = { code: 0, invitation: 1, notice: 2, reminder: 3 } as const;

export interface QueuedMail {
  id: string;
  kind: string;
  priority: number;
  recipient: string;
  /** A Message as JSON. */
  content: string;
  messageId: string;
  attempts: number;
  /** The number of the attempt that the mail's own row tells of, or null. */
  lastAttempt: number | null;
  createdAt: number;
  expiresAt: number;
}

export interface Lease {
  /** null leaves the mail to whoever looks for it first. */
  by: string | null;
  at: number;
  until: number;
}

interface Row {
  id: string;
  kind: string;
  priority: number;
  recipient: string;
  content: string;
  message_id: string;
  attempts: number;
  last_attempt: number | null;
  created_at: number;
  expires_at: number;
}

const insertRow = command(
  `INSERT INTO outbox (id, kind, priority, recipient, content, message_id, state, attempts, created_at, next_attempt_at, expires_at, leased_until, leased_by)
   VALUES (?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?, ?, ?)`,
);
// A lease that ran out is an attempt without an end: it counts.
const claimSql = (lock: string) =>
  `UPDATE outbox SET leased_until = ?, leased_by = ?, attempts = CASE WHEN leased_until > 0 THEN attempts + 1 ELSE attempts END WHERE id IN
   (SELECT id FROM outbox WHERE state = 'queued' AND priority <= ? AND next_attempt_at <= ? AND leased_until <= ? AND expires_at > ?
    ORDER BY priority, next_attempt_at LIMIT ? ${lock})
   RETURNING id, kind, priority, recipient, content, message_id, attempts, last_attempt, created_at, expires_at`;
const claimOnSqlite = query<Row>(claimSql(""));
const claimOnPostgres = query<Row>(claimSql("FOR UPDATE SKIP LOCKED"));
const settleSql = (also: string, held = "AND leased_by = ?") =>
  `UPDATE outbox SET state = ?, ${also}, attempts = ?, last_attempt = ?, last_at = ?, last_route = ?, last_outcome = ?, last_reply = ?, last_ms = ?,
   leased_until = 0 WHERE id = ? ${held} AND state = 'queued'`;
const settleSent = command(settleSql("settled_at = ?, content = ''", ""));
const settleFailed = command(settleSql("settled_at = ?, content = ''"));
const settleParked = command(settleSql("settled_at = ?"));
const settleDelayed = command(settleSql("next_attempt_at = ?"));
const updateDue = command("UPDATE outbox SET next_attempt_at = ?, leased_until = 0 WHERE id = ? AND leased_by = ? AND state = 'queued'");
const markExpired = command(
  `UPDATE outbox SET state = CASE WHEN priority = 2 THEN 'parked' ELSE 'expired' END, content = CASE WHEN priority = 2 THEN content ELSE '' END,
   settled_at = ? WHERE state = 'queued' AND expires_at <= ? AND leased_until <= ?`,
);
// A mail comes back once: whoever is told of it again changes nothing.
const updateBounced = command("UPDATE outbox SET bounced_at = ? WHERE id = ? AND bounced_at IS NULL");
const selectQueued = query<{ mails: number; since: number | null }>(
  "SELECT count(*) AS mails, min(created_at) AS since FROM outbox WHERE state = 'queued'",
);
const selectParked = query<{ mails: number; since: number | null; reply: string | null }>(
  `SELECT COUNT(*) AS mails, MIN(settled_at) AS since, MAX(last_reply) AS reply FROM outbox
   WHERE state = 'parked' AND kind <> 'administrator-alert' AND settled_at > ?`,
);
// None is settled before it is made: by that the old ones are found.
const deleteSettled = command("DELETE FROM outbox WHERE created_at < ? AND settled_at < ?");
const notifyOthers = query<object>("SELECT pg_notify('guestpass_outbox', '')");

/** The channel on which instances on PostgreSQL tell one another that mail waits that nobody holds. */
export const channel = "guestpass_outbox";

export async function insert(db: Db, mail: QueuedMail, { by, at, until }: Lease): Promise<void> {
  const { id, kind, priority, recipient, content, messageId, expiresAt } = mail;
  await insertRow(db, id, kind, priority, recipient, content, messageId, at, at, expiresAt, until, by);
}

/** Leases mails that are due and that nobody works on, the first of them first. */
export async function claim(db: Knex, { by, at, until, most, lowest }: Lease & { most: number; lowest: number }): Promise<QueuedMail[]> {
  const select = isEmbedded(db) ? claimOnSqlite : claimOnPostgres;
  const rows = await select(db, until, by, lowest, at, at, at, most);
  return rows
    .map((row) => ({
      id: row.id,
      kind: row.kind,
      priority: row.priority,
      recipient: row.recipient,
      content: row.content,
      messageId: row.message_id,
      attempts: row.attempts,
      lastAttempt: row.last_attempt,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    }))
    .sort((a, b) => a.priority - b.priority);
}

export interface Settled {
  id: string;
  by: string;
  /** The number of the attempt that settles the mail. */
  attempt: number;
  /** When it began (milliseconds since the epoch), on which route, how it ended and how long it took. */
  at: number;
  route: string;
  outcome: string;
  reply: string;
  ms: number;
}

/** A server has it: whoever holds it by now need not send it again. */
export async function sent(db: Db, settledAt: number, settled: Settled): Promise<void> {
  await settleSent(db, "sent", settledAt, ...values(settled));
}

/** This and the next two do nothing where the lease was lost: someone else sees to the mail. */
export async function fail(db: Db, settledAt: number, settled: Settled): Promise<void> {
  await settleFailed(db, "failed", settledAt, ...values(settled), settled.by);
}

/** Gives the mail up, with its body, so that it can be sent again by hand. */
export async function park(db: Db, settledAt: number, settled: Settled): Promise<void> {
  await settleParked(db, "parked", settledAt, ...values(settled), settled.by);
}

export async function delay(db: Db, nextAttemptAt: number, settled: Settled): Promise<void> {
  await settleDelayed(db, "queued", nextAttemptAt, ...values(settled), settled.by);
}

/** Puts the mail back without an attempt. */
export async function postpone(db: Db, id: string, by: string, nextAttemptAt: number): Promise<void> {
  await updateDue(db, nextAttemptAt, id, by);
}

/** Mail that is too old to be sent: what might still be wanted is parked, the rest is over. */
export async function expire(db: Db, now: number): Promise<void> {
  await markExpired(db, now, now, now);
}

/** How many mails were parked after then, since when, and what a server said to one of them. */
export async function parkedSince(db: Db, after: number): Promise<{ mails: number; since: number; reply: string } | undefined> {
  const [row] = await selectParked(db, after);
  return row && row.since !== null ? { mails: row.mails, since: row.since, reply: row.reply ?? "" } : undefined;
}

/** @returns false where it is known that the mail came back */
export async function bounce(db: Db, id: string, at: number): Promise<boolean> {
  return (await updateBounced(db, at, id)) === 1;
}

export async function removeSettled(db: Db, before: number): Promise<void> {
  await deleteSettled(db, before, before);
}

/** Over all instances. @returns since: when the oldest of them was enqueued, milliseconds since the epoch */
export async function countQueued(db: Db): Promise<{ mails: number; since: number | null }> {
  return (await selectQueued(db))[0] ?? { mails: 0, since: null };
}

/** Wakes the other instances; on SQLite there are none. */
export async function wakeOthers(db: Knex): Promise<void> {
  if (!isEmbedded(db)) await notifyOthers(db);
}

function values({ attempt, at, route, outcome, reply, ms, id }: Settled): Value[] {
  return [attempt, attempt, at, route, outcome, reply, ms, id];
}
