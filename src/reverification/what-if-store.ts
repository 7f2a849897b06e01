// One set-based statement: for everybody who is signed in somewhere, the deadline today's rules give and the one the rules in
// question would give. It counts; src/reverification/deadline.ts decides, and a test holds the two together.
import type { Knex } from "knex";
import { isEmbedded } from "../database.ts";
import { query, type Value } from "../statements.ts";

export interface PeriodsInQuestion {
  /** The days that hold for every application. */
  settings: number;
  /** The days that `clientId` is to have of its own instead of those it has; null is none. */
  application: number | null;
}

export interface DueRow {
  /** Days since the epoch (UTC); null is now. */
  due_day: number | null;
  guests: number;
  sessions: number;
}

interface Dialect {
  least: string;
  applicationDays: string;
  signedIn: string;
}

const sqlite: Dialect = {
  least: "MIN",
  applicationDays: "json_extract(p.policy, '$.reverificationDays')",
  signedIn: `SELECT s.account_id AS sub, a.key AS client_id FROM oidc_artifacts s, json_each(s.payload, '$.authorizations') a
    WHERE s.check_at IS NOT NULL AND s.model = 'Session' AND s.account_id IS NOT NULL`,
};
const postgres: Dialect = {
  least: "LEAST",
  applicationDays: "CAST(CAST(p.policy AS jsonb) ->> 'reverificationDays' AS double precision)",
  signedIn: `SELECT s.account_id AS sub, a.client_id FROM oidc_artifacts s, jsonb_object_keys(CAST(s.payload AS jsonb) -> 'authorizations') AS a(client_id)
    WHERE s.check_at IS NOT NULL AND s.model = 'Session' AND s.account_id IS NOT NULL`,
};

const never = "9223372036854775807";
const milliseconds = (days: string) => `CAST(ROUND(${days} * 86400000) AS bigint)`;

/** Takes: client id, days of the application, client id, now, now, now, days today, days in question, now, now, now. */
function countSql({ least, applicationDays, signedIn }: Dialect): string {
  const strictest = (settings: string, application: string) =>
    `${least}(${settings}, COALESCE(${application}, 3651), COALESCE(guest_days, 3651), COALESCE(invitation_days, 3651))`;
  const until = (days: string) =>
    `MAX(${least}(COALESCE(verified_at, 0) + ${milliseconds(days)}, COALESCE(guest_ends, ${never}), COALESCE(invitation_ends, ${never})))`;
  const parts = `s.sub, s.client_id, s.sessions, ${applicationDays} AS days_today,
    CASE WHEN s.client_id = CAST(? AS text) THEN CAST(? AS double precision) ELSE ${applicationDays} END AS days_asked,
    g.reverification_days AS guest_days, g.expires_at AS guest_ends`;
  return `WITH signed_in AS (SELECT sub, client_id, COUNT(*) AS sessions FROM (${signedIn}) every GROUP BY sub, client_id),
  proofs AS (
    SELECT ${parts}, m.verified_at, i.reverification_days AS invitation_days, i.access_ends_at AS invitation_ends
    FROM signed_in s JOIN guests g ON g.sub = s.sub JOIN applications p ON p.client_id = s.client_id AND p.admission = 'invited'
    JOIN invitations i ON i.guest_sub = s.sub AND i.client_id = s.client_id JOIN aliases a ON a.id = i.alias_id JOIN mailboxes m ON m.id = a.mailbox_id
    WHERE g.state <> 'suspended' AND i.revoked_at IS NULL AND (i.access_ends_at IS NULL OR i.access_ends_at > ?) AND (i.redeemed_at IS NOT NULL OR i.redeem_by > ?)
    UNION ALL
    SELECT ${parts}, m.verified_at, NULL, NULL
    FROM signed_in s JOIN guests g ON g.sub = s.sub JOIN applications p ON p.client_id = s.client_id AND p.admission <> 'invited'
    JOIN mailboxes m ON m.guest_sub = s.sub WHERE g.state <> 'suspended'
  ),
  deadlines AS (
    SELECT sub, client_id, sessions, ${until(strictest("CAST(? AS double precision)", "days_today"))} AS today,
    ${until(strictest("CAST(? AS double precision)", "days_asked"))} AS asked
    FROM proofs GROUP BY sub, client_id, sessions
  ),
  by_guest AS (
    SELECT sub, MIN(asked) AS first, SUM(CASE WHEN asked <= ? THEN sessions ELSE 0 END) AS ending FROM deadlines WHERE today > ? GROUP BY sub
  )
  SELECT CASE WHEN first <= ? THEN NULL ELSE first / 86400000 END AS due_day, COUNT(*) AS guests, CAST(SUM(ending) AS bigint) AS sessions
  FROM by_guest GROUP BY 1 ORDER BY 1`;
}

const countOnSqlite = query<DueRow>(countSql(sqlite));
const countOnPostgres = query<DueRow>(countSql(postgres));

/** Guests and sessions (each at one application) by the day on which they come due. @param clientId "" for no application's own days */
export async function countDue(
  db: Knex,
  today: number,
  { clientId, asked, now }: { clientId: string; asked: PeriodsInQuestion; now: number },
): Promise<DueRow[]> {
  const count = isEmbedded(db) ? countOnSqlite : countOnPostgres;
  const own: Value[] = [clientId, asked.application];
  return count(db, ...own, now, now, ...own, today, asked.settings, now, now, now);
}
