import type { Knex } from "knex";
import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";

export interface Message {
  subject: string;
  text: string;
  html: string;
  /** BCP 47. */
  language: string;
}

export interface QueuedMail {
  id: string;
  kind: string;
  /** What the mail is about: a passcode's id, say. */
  subjectId: string | null;
  recipient: string;
  /** A Message as JSON. */
  content: string;
  messageId: string;
  attempts: number;
  expiresAt: number;
}

interface Row {
  id: string;
  kind: string;
  subject_id: string | null;
  recipient: string;
  content: string;
  message_id: string;
  attempts: number;
  expires_at: number;
}

const insertRow = command(
  `INSERT INTO outbox (id, kind, subject_id, recipient, content, message_id, state, attempts, created_at, next_attempt_at, expires_at, leased_until, leased_by)
   VALUES (?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?, ?, ?)`,
);
const claimSql = (lock: string) =>
  `UPDATE outbox SET leased_until = ?, leased_by = ? WHERE id IN
   (SELECT id FROM outbox WHERE state = 'queued' AND next_attempt_at <= ? AND leased_until <= ? AND expires_at > ? ORDER BY next_attempt_at LIMIT ? ${lock})
   RETURNING id, kind, subject_id, recipient, content, message_id, attempts, expires_at`;
const claimOnSqlite = query<Row>(claimSql(""));
const claimOnPostgres = query<Row>(claimSql("FOR UPDATE SKIP LOCKED"));
const markSent = command(
  "UPDATE outbox SET state = 'sent', content = '', attempts = attempts + 1, settled_at = ?, last_reply = ?, leased_until = 0 WHERE id = ? AND leased_by = ? AND state = 'queued'",
);
const markFailed = command(
  "UPDATE outbox SET state = 'failed', content = '', attempts = attempts + 1, settled_at = ?, last_reply = ?, leased_until = 0 WHERE id = ? AND leased_by = ? AND state = 'queued'",
);
const markDelayed = command(
  "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = ?, last_reply = ?, leased_until = 0 WHERE id = ? AND leased_by = ? AND state = 'queued'",
);
const markExpired = command(
  "UPDATE outbox SET state = 'expired', content = '', settled_at = ? WHERE state = 'queued' AND expires_at <= ? AND leased_until <= ?",
);
const deleteSettled = command("DELETE FROM outbox WHERE settled_at < ?");

export async function insert(db: Db, mail: QueuedMail, lease: { by: string; at: number; until: number }): Promise<void> {
  await insertRow(
    db,
    mail.id,
    mail.kind,
    mail.subjectId,
    mail.recipient,
    mail.content,
    mail.messageId,
    lease.at,
    lease.at,
    mail.expiresAt,
    lease.until,
    lease.by,
  );
}

/** Leases mails that are due and that nobody works on. */
export async function claim(db: Knex, lease: { by: string; at: number; until: number; most: number }): Promise<QueuedMail[]> {
  const select = (db.client.config as Knex.Config).client === "pg" ? claimOnPostgres : claimOnSqlite;
  const rows = await select(db, lease.until, lease.by, lease.at, lease.at, lease.at, lease.most);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    subjectId: row.subject_id,
    recipient: row.recipient,
    content: row.content,
    messageId: row.message_id,
    attempts: row.attempts,
    expiresAt: row.expires_at,
  }));
}

/** This and the others do nothing where the lease was lost: someone else has settled the mail. */
export async function sent(db: Db, id: string, by: string, at: number, reply: string): Promise<void> {
  await markSent(db, at, reply, id, by);
}

export async function failed(db: Db, id: string, by: string, at: number, reply: string): Promise<void> {
  await markFailed(db, at, reply, id, by);
}

export async function delayed(db: Db, id: string, by: string, nextAttemptAt: number, reply: string): Promise<void> {
  await markDelayed(db, nextAttemptAt, reply, id, by);
}

export async function expire(db: Db, now: number): Promise<void> {
  await markExpired(db, now, now, now);
}

const deleteAbout = command(
  "DELETE FROM outbox WHERE LOWER(recipient) = LOWER(?) OR (state = 'queued' AND LOWER(content) LIKE LOWER(?) ESCAPE '!')",
);

/** Mail to the address, and mail to others that still waits and names it. */
export async function removeAbout(db: Db, address: string): Promise<void> {
  await deleteAbout(db, address, `%${address.replace(/[!%_]/g, "!$&")}%`);
}

export async function removeSettled(db: Db, before: number): Promise<void> {
  await deleteSettled(db, before);
}
