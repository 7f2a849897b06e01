// What became of each mail. The last attempt stands in the mail's own row, so that a mail that goes through at once costs no
// statement more than settling it; each is copied to a row of its own before the next one takes its place.
import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";
import type { Attempt, MailRecord, RouteRecord } from "./records.ts";

interface MailRow {
  id: string;
  kind: string;
  recipient: string;
  message_id: string;
  state: MailRecord["state"];
  attempts: number;
  created_at: number;
  next_attempt_at: number;
  expires_at: number;
  settled_at: number | null;
  last_route: string | null;
  last_reply: string | null;
  bounced_at: number | null;
}

const insertAttempt = command(
  "INSERT INTO outbox_attempts (mail_id, attempt, at, route, outcome, reply, duration_ms) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
);
const copyLast = command(
  `INSERT INTO outbox_attempts (mail_id, attempt, at, route, outcome, reply, duration_ms)
   SELECT id, last_attempt, last_at, last_route, last_outcome, last_reply, last_ms FROM outbox WHERE id = ? AND last_attempt IS NOT NULL
   ON CONFLICT DO NOTHING`,
);
const insertAbandoned = command(
  `INSERT INTO outbox_attempts (mail_id, attempt, at, outcome)
   SELECT id, attempts + 1, leased_until, 'unknown' FROM outbox WHERE state = 'queued' AND leased_until > 0 AND leased_until <= ?
   ON CONFLICT DO NOTHING`,
);
const selectAttempts = query<Attempt>(
  `SELECT attempt, at, route, outcome, reply, duration_ms AS ms FROM outbox_attempts WHERE mail_id = ?
   UNION SELECT last_attempt, last_at, last_route, last_outcome, last_reply, last_ms FROM outbox WHERE id = ? AND last_attempt IS NOT NULL
   ORDER BY attempt`,
);
const fields =
  "id, kind, recipient, message_id, state, attempts, created_at, next_attempt_at, expires_at, settled_at, last_route, last_reply, bounced_at";
const selectMail = query<MailRow>(`SELECT ${fields} FROM outbox WHERE id = ?`);
const selectMails = (where: string[]) =>
  query<MailRow>(`SELECT ${fields} FROM outbox WHERE ${["1 = 1", ...where].join(" AND ")} ORDER BY created_at DESC, id LIMIT ?`);
// Of the mails of those days and those that still wait, which indexes find; the tries of one are found by its id.
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
  `UPDATE outbox SET state = 'queued', next_attempt_at = ?, settled_at = NULL, bounced_at = NULL, expires_at = CASE WHEN expires_at > ? THEN expires_at ELSE ? END
   WHERE id = ? AND (state = 'parked' OR (state = 'queued' AND leased_until <= ?)) AND (expires_at > ? OR priority = 2)`,
);

export async function record(db: Db, mailId: string, { attempt, at, route, outcome, reply, ms }: Attempt): Promise<void> {
  await insertAttempt(db, mailId, attempt, at, route, outcome, reply, ms);
}

/** Keeps what the mail's own row says of its last attempt, before the next one takes its place. */
export async function keepLast(db: Db, mailId: string): Promise<void> {
  await copyLast(db, mailId);
}

/** Puts on record each attempt whose lease ran out: nobody knows how far it came. Claiming the mail then counts it. */
export async function recordAbandoned(db: Db, now: number): Promise<void> {
  await insertAbandoned(db, now);
}

export function attemptsOf(db: Db, mailId: string): Promise<Attempt[]> {
  return selectAttempts(db, mailId, mailId);
}

export async function find(db: Db, id: string): Promise<MailRecord | undefined> {
  return (await selectMail(db, id)).map(toRecord)[0];
}

/** The newest first. An empty state or recipient stands for any. */
export async function list(db: Db, { state, recipient, most }: { state: string; recipient: string; most: number }): Promise<MailRecord[]> {
  const asked = [
    { condition: "state = ?", value: state },
    { condition: "LOWER(recipient) = LOWER(?)", value: recipient },
  ].filter(({ value }) => value !== "");
  const select = selectMails(asked.map(({ condition }) => condition));
  return (await select(db, ...asked.map(({ value }) => value), most)).map(toRecord);
}

/** What each route did since then, to mails that were made after `madeAfter` or still wait. */
export async function byRoute(db: Db, since: number, madeAfter: number): Promise<RouteRecord[]> {
  return (await selectRoutes(db, madeAfter, since)).map((row) => ({
    route: row.route,
    accepted: row.accepted,
    notAccepted: row.failed,
    lastAcceptedAt: row.accepted_at,
    lastFailedAt: row.failed_at,
  }));
}

/** @returns false where it is not waiting, has no body any more, or is too old and about something that is over */
export async function retry(db: Db, id: string, now: number, newExpiry: number): Promise<boolean> {
  return (await requeue(db, now, now, newExpiry, id, now, now)) === 1;
}

function toRecord(row: MailRow): MailRecord {
  return {
    id: row.id,
    kind: row.kind,
    recipient: row.recipient,
    messageId: row.message_id,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAttemptAt: row.next_attempt_at,
    expiresAt: row.expires_at,
    settledAt: row.settled_at,
    lastRoute: row.last_route,
    lastReply: row.last_reply,
    bouncedAt: row.bounced_at,
  };
}
