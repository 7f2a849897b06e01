// The attempts to send each mail. The last one is in the mail's own row, so that a mail that is accepted at once needs no statement beyond
// settling it. It is copied to its own row before the next attempt replaces it.
import type { Db } from "../database/database.ts";
import { command, listed, query, type Sql } from "../database/statements.ts";
import type { Attempt, MailRecord, MailState, RouteRecord } from "./records.ts";

interface MailRow {
  id: string;
  kind: string;
  recipient: string;
  message_id: string;
  by_visitor: number;
  state: MailRecord["state"];
  attempts: number;
  created_at: number;
  next_attempt_at: number;
  expires_at: number;
  settled_at: number | null;
  last_at: number | null;
  last_route: string | null;
  last_reply: string | null;
  last_words: string | null;
  bounced_at: number | null;
  bounced_by: string | null;
  bounced_reply: string | null;
}

const insertAttempt = command(
  "INSERT INTO outbox_attempts (mail_id, attempt, at, route, outcome, reply, words, duration_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
);
const copyLast = command(
  `INSERT INTO outbox_attempts (mail_id, attempt, at, route, outcome, reply, words, duration_ms)
   SELECT id, last_attempt, last_at, last_route, last_outcome, last_reply, last_words, last_ms FROM outbox WHERE id = ? AND last_attempt IS NOT NULL
   ON CONFLICT DO NOTHING`,
);
const insertAbandoned = command(
  `INSERT INTO outbox_attempts (mail_id, attempt, at, outcome)
   SELECT id, attempts + 1, leased_until, 'unknown' FROM outbox WHERE state = 'queued' AND leased_until > 0 AND leased_until <= ?
   ON CONFLICT DO NOTHING`,
);
const selectAttempts = query<Attempt>(
  `SELECT attempt, at, route, outcome, reply, words, duration_ms AS ms FROM outbox_attempts WHERE mail_id = ?
   UNION SELECT last_attempt, last_at, last_route, last_outcome, last_reply, last_words, last_ms FROM outbox WHERE id = ? AND last_attempt IS NOT NULL
   ORDER BY attempt`,
);
const fields =
  "id, kind, recipient, message_id, by_visitor, state, attempts, created_at, next_attempt_at, expires_at, settled_at, last_at, last_route, last_reply, last_words, bounced_at, bounced_by, bounced_reply";
const selectMail = query<MailRow>(`SELECT ${fields} FROM outbox WHERE id = ?`);
const selectMails = (where: string[]) =>
  query<MailRow>(`SELECT ${fields} FROM outbox WHERE ${["1 = 1", ...where].join(" AND ")} ORDER BY created_at DESC, id LIMIT ?`);
// Reads the mails of those days and those that still wait, by indexes; the tries of each by its id.
const selectRoutes = query<{ route: string; accepted: number; failed: number; accepted_at: number | null; failed_at: number | null }>(
  `WITH mails AS MATERIALIZED (
    SELECT id, last_attempt, last_at, last_route, last_outcome FROM outbox WHERE created_at > ?
    UNION SELECT id, last_attempt, last_at, last_route, last_outcome FROM outbox WHERE state = 'queued'),
   tries AS (
    SELECT last_route AS route, last_outcome AS outcome, last_at AS at FROM mails
    UNION ALL SELECT a.route, a.outcome, a.at FROM mails m CROSS JOIN outbox_attempts a WHERE a.mail_id = m.id AND a.attempt <> coalesce(m.last_attempt, 0))
   SELECT route, sum(CASE WHEN outcome = 'accepted' THEN 1 ELSE 0 END) AS accepted, sum(CASE WHEN outcome = 'accepted' THEN 0 ELSE 1 END) AS failed,
   max(CASE WHEN outcome = 'accepted' THEN at END) AS accepted_at, max(CASE WHEN outcome <> 'accepted' THEN at END) AS failed_at
   FROM tries WHERE route IS NOT NULL AND at > ? GROUP BY route`,
);
const requeue = command(
  `UPDATE outbox SET state = 'queued', next_attempt_at = ?, turn_at = NULL, settled_at = NULL, bounced_at = NULL, bounced_by = NULL, bounced_reply = NULL, blamed = 0, expires_at = CASE WHEN expires_at > ? THEN expires_at ELSE ? END
   WHERE id = ? AND (state = 'parked' OR (state = 'queued' AND leased_until <= ?)) AND (expires_at > ? OR priority = 2)`,
);

export async function record(db: Db, mailId: string, { attempt, at, route, outcome, reply, words, ms }: Attempt): Promise<void> {
  await insertAttempt(db, mailId, attempt, at, route, outcome, reply, words, ms);
}

/** Keeps the last attempt in the mail's own row before the next one takes its place. */
export async function keepLast(db: Db, mailId: string): Promise<void> {
  await copyLast(db, mailId);
}

/** Records each attempt whose lease ran out: nobody knows how far it came. Claiming the mail then counts it. */
export async function recordAbandoned(db: Db, now: number): Promise<void> {
  await insertAbandoned(db, now);
}

export function attemptsOf(db: Db, mailId: string): Promise<Attempt[]> {
  return selectAttempts(db, mailId, mailId);
}

export async function find(db: Db, id: string): Promise<MailRecord | undefined> {
  return (await selectMail(db, id)).map(toRecord)[0];
}

/** Those of the mails that are on record, in no particular order. */
export async function findAll(db: Db, ids: string[]): Promise<MailRecord[]> {
  if (ids.length === 0) return [];
  const [marks, values] = listed(ids);
  return (await query<MailRow>(`SELECT ${fields} FROM outbox WHERE id IN (${marks})`)(db, ...values)).map(toRecord);
}

export interface MailFilter {
  state?: MailState | undefined;
  recipient?: string | undefined;
  /** The last mail of the page before. */
  after?: { createdAt: number; id: string } | undefined;
  most: number;
}

/** The newest first. */
export async function list(db: Db, { state, recipient, after, most }: MailFilter): Promise<MailRecord[]> {
  const asked: Sql[] = [];
  if (state === "bounced") asked.push(["state = 'sent' AND bounced_at IS NOT NULL"]);
  else if (state === "sent") asked.push(["state = 'sent' AND bounced_at IS NULL"]);
  else if (state !== undefined) asked.push(["state = ?", state]);
  if (recipient !== undefined) asked.push(["LOWER(recipient) = LOWER(?)", recipient]);
  if (after) asked.push(["(created_at < ? OR (created_at = ? AND id > ?))", after.createdAt, after.createdAt, after.id]);
  const select = selectMails(asked.map(([condition]) => condition));
  return (await select(db, ...asked.flatMap(([, ...values]) => values), most)).map(toRecord);
}

/** The results of each route since then, for mails made after `madeAfter` or still waiting. */
export async function byRoute(db: Db, since: number, madeAfter: number): Promise<RouteRecord[]> {
  return (await selectRoutes(db, madeAfter, since)).map((row) => ({
    route: row.route,
    accepted: row.accepted,
    notAccepted: row.failed,
    lastAcceptedAt: row.accepted_at,
    lastFailedAt: row.failed_at,
  }));
}

const selectTaken = query<{ taken: number }>(
  `SELECT settled_at - CASE WHEN turn_at > created_at THEN turn_at ELSE created_at END AS taken
   FROM (SELECT state, created_at, turn_at, settled_at FROM outbox WHERE created_at > ? ORDER BY created_at DESC LIMIT ?) newest WHERE state = 'sent'`,
);

/** How long (milliseconds) it took until a server accepted each of the newest mails made since then, counted from its turn if it had to wait for one. */
export async function takenToDeliver(db: Db, since: number, most: number): Promise<number[]> {
  return (await selectTaken(db, since, most)).map(({ taken }) => Number(taken));
}

/** @returns false if it is not waiting, no longer has a body, or is too old and about something that is over */
export async function retry(db: Db, id: string, now: number, newExpiry: number): Promise<boolean> {
  return (await requeue(db, now, now, newExpiry, id, now, now)) === 1;
}

function toRecord(row: MailRow): MailRecord {
  return {
    id: row.id,
    kind: row.kind,
    recipient: row.recipient,
    messageId: row.message_id,
    byVisitor: row.by_visitor === 1,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAttemptAt: row.next_attempt_at,
    expiresAt: row.expires_at,
    settledAt: row.settled_at,
    lastAt: row.last_at,
    lastRoute: row.last_route,
    lastReply: row.last_reply,
    lastWords: row.last_words,
    bouncedAt: row.bounced_at,
    bouncedBy: row.bounced_by,
    bouncedReply: row.bounced_reply,
  };
}
