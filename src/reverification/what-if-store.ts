// One set-based statement: for everybody who is signed in somewhere, the deadline today's rules give and the one the rules in
// question would give. It only counts; src/reverification/deadline.ts decides, and a test checks that the two agree.
import type { Knex } from "knex";
import { isEmbedded } from "../database/database.ts";
import { query, type Value } from "../database/statements.ts";
import { latestProof } from "./deadline.ts";

export interface PeriodsInQuestion {
  /** The days that hold for every application. */
  settings: number;
  /** The days that `clientId` would have instead of its own; null is none. */
  application: number | null;
}

/** Domain lists for every application; src/admission/domains.ts says how they are read. */
export interface DomainLists {
  allowDomains: string[];
  denyDomains: string[];
}

export interface DueRow {
  /** Days since the epoch (UTC); null is now. */
  due_day: number | null;
  guests: number;
  sessions: number;
}

interface Dialect {
  least: string;
  /** A number of an application's policy. */
  applicationDays: string;
  signedIn: string;
  /** Rows with the `value`s of a list, of an application's policy or written as JSON in a column. */
  listed: { policy(name: string): string; column(name: string): string };
}

const sqlite: Dialect = {
  least: "MIN",
  applicationDays: "json_extract(p.policy, '$.reverificationDays')",
  signedIn: `SELECT s.account_id AS sub, a.key AS client_id FROM oidc_artifacts s, json_each(s.payload, '$.authorizations') a
    WHERE s.check_at IS NOT NULL AND s.model = 'Session' AND s.account_id IS NOT NULL`,
  listed: { policy: (name) => `json_each(p.policy, '$.${name}') d`, column: (name) => `json_each(${name}) d` },
};
const postgres: Dialect = {
  least: "LEAST",
  applicationDays: "CAST(CAST(p.policy AS jsonb) ->> 'reverificationDays' AS double precision)",
  signedIn: `SELECT s.account_id AS sub, a.client_id FROM oidc_artifacts s, jsonb_object_keys(CAST(s.payload AS jsonb) -> 'authorizations') AS a(client_id)
    WHERE s.check_at IS NOT NULL AND s.model = 'Session' AND s.account_id IS NOT NULL`,
  listed: {
    policy: (name) => `jsonb_array_elements_text(CAST(p.policy AS jsonb) -> '${name}') d(value)`,
    column: (name) => `jsonb_array_elements_text(CAST(${name} AS jsonb)) d(value)`,
  },
};

const never = "9223372036854775807";
const milliseconds = (days: string) => `CAST(ROUND(${days} * 86400000) AS bigint)`;

/** Whether the domain of the alias `a` may sign in at the application `p`. */
function allowed({ listed }: Dialect): string {
  const some = (list: string) => `EXISTS (SELECT 1 FROM ${list})`;
  const matched = (list: string) =>
    `EXISTS (SELECT 1 FROM ${list} WHERE d.value = a.domain OR (d.value LIKE '*.%' AND a.domain LIKE '%' || SUBSTR(d.value, 2)))`;
  const allow = { own: listed.policy("allowDomains"), all: listed.column("l.allow") };
  return `NOT ${matched(listed.policy("denyDomains"))} AND NOT ${matched(listed.column("l.deny"))}
    AND (NOT ${some(allow.all)} OR ${matched(allow.all)})
    AND ((p.admission <> 'domains' AND NOT ${some(allow.own)}) OR ${matched(allow.own)})`;
}

/** Takes: allowed and denied domains, the latest proof, the client id twice, days of the application, now, now, both again, days today, days in question, now, now, now. */
function countSql(dialect: Dialect): string {
  const { least, applicationDays, signedIn } = dialect;
  const strictest = (settings: string, application: string) =>
    `${least}(${settings}, COALESCE(${application}, 3651), COALESCE(guest_days, 3651), COALESCE(invitation_days, 3651))`;
  const until = (days: string) =>
    `MAX(${least}(COALESCE(verified_at, 0) + ${milliseconds(days)}, COALESCE(guest_ends, ${never}), COALESCE(invitation_ends, ${never})))`;
  const parts = `s.sub, s.client_id, s.sessions, ${applicationDays} AS days_today,
    CASE WHEN s.client_id = CAST(? AS text) THEN CAST(? AS double precision) ELSE ${applicationDays} END AS days_asked,
    g.reverification_days AS guest_days, g.expires_at AS guest_ends, CASE WHEN m.verified_at <= l.latest THEN m.verified_at END AS verified_at`;
  return `WITH lists AS (SELECT CAST(? AS text) AS allow, CAST(? AS text) AS deny, CAST(? AS bigint) AS latest),
  signed_in AS (SELECT sub, client_id, COUNT(*) AS sessions FROM (${signedIn}) every
    WHERE CAST(? AS text) IN ('', client_id) GROUP BY sub, client_id),
  proofs AS (
    SELECT ${parts}, i.reverification_days AS invitation_days, i.access_ends_at AS invitation_ends
    FROM signed_in s JOIN guests g ON g.sub = s.sub JOIN applications p ON p.client_id = s.client_id AND p.admission = 'invited' AND p.removed_at IS NULL
    JOIN invitations i ON i.guest_sub = s.sub AND i.client_id = s.client_id JOIN aliases a ON a.id = i.alias_id JOIN mailboxes m ON m.id = a.mailbox_id
    CROSS JOIN lists l
    WHERE g.state <> 'suspended' AND i.revoked_at IS NULL AND (i.access_ends_at IS NULL OR i.access_ends_at > ?) AND (i.redeemed_at IS NOT NULL OR i.redeem_by > ?)
    AND ${allowed(dialect)}
    UNION ALL
    SELECT ${parts}, NULL, NULL
    FROM signed_in s JOIN guests g ON g.sub = s.sub JOIN applications p ON p.client_id = s.client_id AND p.admission <> 'invited' AND p.removed_at IS NULL
    JOIN aliases a ON a.guest_sub = s.sub JOIN mailboxes m ON m.id = a.mailbox_id CROSS JOIN lists l
    WHERE g.state <> 'suspended' AND ${allowed(dialect)}
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

/**
 * Guests and sessions (each at one application) by the day on which they come due.
 * @param clientId the application that has the days in question, and which alone is counted; "" for all of them
 */
export async function countDue(
  db: Knex,
  today: number,
  { clientId, asked, domains, now }: { clientId: string; asked: PeriodsInQuestion; domains: DomainLists; now: number },
): Promise<DueRow[]> {
  const count = isEmbedded(db) ? countOnSqlite : countOnPostgres;
  const own: Value[] = [clientId, asked.application];
  const lists = [JSON.stringify(domains.allowDomains), JSON.stringify(domains.denyDomains)];
  return count(db, ...lists, latestProof(now), clientId, ...own, now, now, ...own, today, asked.settings, now, now, now);
}
