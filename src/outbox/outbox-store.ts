import type { Knex } from "knex";
import { skew } from "../clock.ts";
import { type Db, isEmbedded } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query, type Value } from "../database/statements.ts";

export interface Message {
  subject: string;
  text: string;
  html: string;
  /** BCP 47. */
  language: string;
  /** An address, if answers do not go to the sender. */
  replyTo?: string;
  /** The code of the mail and the only origin that a mail program may offer it to (draft-goto-otp-token). */
  otp?: { code: string; origin: string };
  /** The link that switches this kind of mail off, also by POST (RFC 8058). */
  unsubscribe?: string;
}

/** The order of sending. Of mails too old to send, only notices are kept, because they may still be useful. */
export const priorities = { code: 0, invitation: 1, notice: 2, reminder: 3 } as const;

export interface QueuedMail {
  id: string;
  kind: string;
  priority: number;
  recipient: string;
  /** A Message as JSON. */
  content: string;
  messageId: string;
  byVisitor: boolean;
  attempts: number;
  /** The number of the attempt recorded in the mail's own row, or null. */
  lastAttempt: number | null;
  createdAt: number;
  expiresAt: number;
}

export interface Lease {
  /** null leaves the mail to the first instance that looks. */
  by: string | null;
  at: number;
  until: number;
  /** When the mail's turn comes, where that is later. */
  turnAt?: number;
}

interface Row {
  id: string;
  kind: string;
  priority: number;
  recipient: string;
  content: string;
  message_id: string;
  by_visitor: number;
  attempts: number;
  last_attempt: number | null;
  created_at: number;
  expires_at: number;
}

const insertRow = command(
  `INSERT INTO outbox (id, kind, priority, recipient, content, message_id, by_visitor, state, attempts, created_at, next_attempt_at, turn_at, expires_at, leased_until, leased_by)
   VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?, ?, ?, ?)`,
);
// A lease that ran out is an attempt without an end, and counts.
const claimSql = (lock: string) =>
  `UPDATE outbox SET leased_until = ?, leased_by = ?, attempts = CASE WHEN leased_until > 0 THEN attempts + 1 ELSE attempts END WHERE id IN
   (SELECT id FROM outbox WHERE state = 'queued' AND priority <= ? AND next_attempt_at <= ? AND leased_until <= ? AND expires_at > ?
    ORDER BY priority, next_attempt_at LIMIT ? ${lock})
   RETURNING id, kind, priority, recipient, content, message_id, by_visitor, attempts, last_attempt, created_at, expires_at`;
const claimOnSqlite = query<Row>(claimSql(""));
const claimOnPostgres = query<Row>(claimSql("FOR UPDATE SKIP LOCKED"));
const settleSql = (also: string, held = "AND leased_by = ?") =>
  `UPDATE outbox SET state = ?, ${also}, attempts = ?, last_attempt = ?, last_at = ?, last_route = ?, last_outcome = ?, last_reply = ?, last_words = ?, last_ms = ?,
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
// The longest pause is half as long. A turn may be far away, if the mail was enqueued in the past.
const updateMisdated = command(
  `UPDATE outbox SET next_attempt_at = ?, turn_at = NULL, created_at = CASE WHEN created_at > ? THEN ? ELSE created_at END,
   expires_at = CASE WHEN created_at > ? THEN expires_at - (created_at - ?) ELSE expires_at END
   WHERE state = 'queued' AND next_attempt_at > ? AND (created_at > ? OR coalesce(turn_at, 0) <> next_attempt_at)`,
);
const endMisdatedLeases = command("UPDATE outbox SET leased_until = ? WHERE state = 'queued' AND leased_until > ?");
const selectHeld = query<object>("SELECT id FROM outbox WHERE id = ? AND leased_by = ? AND state = 'queued'");
// A mail comes back once: a second report changes nothing.
const updateBounced = command(
  "UPDATE outbox SET bounced_at = ?, bounced_by = ?, bounced_reply = ?, blamed = ? WHERE id = ? AND (bounced_at IS NULL OR blamed < ?)",
);
const selectQueued = query<{ mails: number; since: number | null }>(
  "SELECT count(*) AS mails, min(coalesce(turn_at, created_at)) AS since FROM outbox WHERE state = 'queued' AND coalesce(turn_at, 0) <= ?",
);
const selectParked = query<{ mails: number; since: number | null; reply: string | null }>(
  `SELECT COUNT(*) AS mails, MIN(settled_at) AS since, MAX(last_words) AS reply FROM outbox
   WHERE state = 'parked' AND kind <> 'administrator-alert' AND settled_at > ?`,
);
// No mail is settled before it is made, which is how the old ones are found.
const removeSettledRows = removal("outbox", "id", "created_at < ? AND settled_at < ?");
const notifyOthers = query<object>("SELECT pg_notify('guestpass_outbox', '')");

/** The channel on which instances on PostgreSQL tell one another about waiting mail that nobody holds. */
export const channel = "guestpass_outbox";

export async function insert(db: Db, mail: QueuedMail, { by, at, until, turnAt }: Lease): Promise<void> {
  const { id, kind, priority, recipient, content, messageId, byVisitor, expiresAt } = mail;
  await insertRow(
    db,
    id,
    kind,
    priority,
    recipient,
    content,
    messageId,
    byVisitor ? 1 : 0,
    at,
    turnAt ?? at,
    turnAt ?? null,
    expiresAt,
    until,
    by,
  );
}

/** Leases mails that are due and that nobody is working on, in order. */
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
      byVisitor: row.by_visitor === 1,
      attempts: row.attempts,
      lastAttempt: row.last_attempt,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    }))
    .sort((a, b) => a.priority - b.priority);
}

/** Whether the instance should send the mail: it was committed, and nobody has taken it over. */
export async function isHeld(db: Db, id: string, by: string): Promise<boolean> {
  return (await selectHeld(db, id, by)).length === 1;
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
  words: string;
  ms: number;
}

/** A server has it, so an instance that has taken it over does not send it again. */
export async function sent(db: Db, settledAt: number, settled: Settled): Promise<void> {
  await settleSent(db, "sent", settledAt, ...values(settled));
}

/** This and the next two do nothing if the lease was lost: someone else has the mail. */
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

/**
 * Makes mail due that a clock that was ahead put off: no attempt is put off for longer than `longestPause`, and no lease is longer than
 * `longestLease` (milliseconds). A mail expires as long after it was enqueued as before.
 */
export async function mendDates(db: Db, now: number, longestPause: number, longestLease: number): Promise<void> {
  await updateMisdated(db, now, now + skew, now, now + skew, now, now + longestPause, now + skew);
  await endMisdatedLeases(db, now + longestLease, now + longestLease + skew);
}

/** Mail that is too old to be sent: parks what might still be wanted, and ends the rest. */
export async function expire(db: Db, now: number): Promise<void> {
  await markExpired(db, now, now, now);
}

/** How many mails were parked after then, since when, and a server's words about one of them. */
export async function parkedSince(db: Db, after: number): Promise<{ mails: number; since: number; reply: string } | undefined> {
  const [row] = await selectParked(db, after);
  return row && row.since !== null ? { mails: row.mails, since: row.since, reply: row.reply ?? "" } : undefined;
}

export interface CameBack {
  /** The host or the route that said so. */
  by: string;
  /** In its words, without addresses. */
  reply: string;
  /** The mailbox is to blame. */
  blamed: boolean;
}

/** @returns false if it was already known that the mail came back, or that the mailbox is to blame */
export async function bounce(db: Db, id: string, at: number, { by, reply, blamed }: CameBack): Promise<boolean> {
  return (await updateBounced(db, at, by, reply, blamed ? 1 : 0, id, blamed ? 1 : 0)) === 1;
}

export async function removeSettled(db: Db, before: number): Promise<void> {
  await removeSettledRows(db, before, before);
}

/** Over all instances, mails whose turn has come. @returns since: when the oldest of them could be sent, milliseconds since the epoch */
export async function countQueued(db: Db, now: number): Promise<{ mails: number; since: number | null }> {
  return (await selectQueued(db, now))[0] ?? { mails: 0, since: null };
}

/** Wakes the other instances; on SQLite there are none. */
export async function wakeOthers(db: Knex): Promise<void> {
  if (!isEmbedded(db)) await notifyOthers(db);
}

function values({ attempt, at, route, outcome, reply, words, ms, id }: Settled): Value[] {
  return [attempt, attempt, at, route, outcome, reply, words, ms, id];
}
