// Finds guests who must prove a mailbox again before some day. It narrows the directory to guests with a proof that may come due, and
// reads their proofs; src/reverification/deadline.ts decides.
import { type Db, isEmbedded } from "../database/database.ts";
import { listed, query, type Value } from "../database/statements.ts";

export interface Due {
  /** The deadline comes before this moment. Times are milliseconds since the epoch. */
  before: number;
  now: number;
  /** Of the settings, in days. */
  days: number;
  /** Of applications that need no invitation: the strictest period in days, null if there is no such application. */
  openDays: number | null;
  /** At this application, which needs invitations; if null, at any that does. */
  clientId: string | null;
}

/** Proof of the mailbox that an invitation was sent to, and what that invitation says of its deadline. */
export interface InvitedProof {
  sub: string;
  clientId: string;
  verifiedAt: number;
  reverificationDays: number | null;
  accessEndsAt: number | null;
}

const day = 86_400_000;
const live = `i.revoked_at IS NULL AND (i.access_ends_at IS NULL OR i.access_ends_at > ?) AND (i.redeemed_at IS NOT NULL OR i.redeem_by > ?)
  AND m.verified_at IS NOT NULL`;
const proven = "invitations i JOIN aliases a ON a.id = i.alias_id JOIN mailboxes m ON m.id = a.mailbox_id";

/** True for every guest `g` whose deadline comes before then, and for some who have a later one by another mailbox. */
export function dueCondition(db: Db, { before, now, days, openDays, clientId }: Due): [sql: string, ...values: Value[]] {
  const embedded = isEmbedded(db);
  const least = embedded ? "MIN" : "LEAST";
  const applicationDays = embedded
    ? "json_extract(p.policy, '$.reverificationDays')"
    : "CAST(CAST(p.policy AS jsonb) ->> 'reverificationDays' AS double precision)";
  const period = (...own: string[]) => `${least}(CAST(? AS double precision), ${own.map((each) => `COALESCE(${each}, 3651)`).join(", ")})`;
  const invited = `EXISTS (SELECT 1 FROM ${proven} JOIN applications p ON p.client_id = i.client_id AND p.admission = 'invited' AND p.removed_at IS NULL
    WHERE i.guest_sub = g.sub ${clientId === null ? "" : "AND i.client_id = ?"} AND ${live}
    AND (g.expires_at < ? OR i.access_ends_at < ? OR m.verified_at + ${day} * ${period(applicationDays, "g.reverification_days", "i.reverification_days")} < ?))`;
  const open = `EXISTS (SELECT 1 FROM mailboxes m WHERE m.guest_sub = g.sub AND m.verified_at IS NOT NULL
    AND (g.expires_at < ? OR m.verified_at + ${day} * ${period("g.reverification_days")} < ?))`;
  return [
    `g.state <> 'suspended' AND (g.expires_at IS NULL OR g.expires_at > ?) AND (${openDays === null ? invited : `${invited} OR ${open}`})`,
    now,
    ...(clientId === null ? [] : [clientId]),
    ...[now, now, before, before, days, before + 1],
    ...(openDays === null ? [] : [before, openDays, before + 1]),
  ];
}

/** The data that decides these guests' deadlines at applications that need invitations. */
export async function invitedProofs(db: Db, subs: string[], { now, clientId }: Due): Promise<InvitedProof[]> {
  const [marks, values] = listed(subs);
  const select = query<{
    sub: string;
    client_id: string;
    verified_at: number;
    reverification_days: number | null;
    access_ends_at: number | null;
  }>(
    `SELECT i.guest_sub AS sub, i.client_id, m.verified_at, i.reverification_days, i.access_ends_at FROM ${proven}
     WHERE i.guest_sub IN (${marks}) AND ${live} ${clientId === null ? "" : "AND i.client_id = ?"}`,
  );
  const rows = await select(db, ...values, now, now, ...(clientId === null ? [] : [clientId]));
  return rows.map((row) => ({
    sub: row.sub,
    clientId: row.client_id,
    verifiedAt: row.verified_at,
    reverificationDays: row.reverification_days,
    accessEndsAt: row.access_ends_at,
  }));
}
