import type { Db } from "../database/database.ts";
import { listed, query, type Value } from "../database/statements.ts";
import type { Invitee, InviteeFilter } from "./invitee.ts";

interface Row {
  sub: string;
  invited_as: string;
  email: string;
  state: Invitee["state"];
  name: string | null;
  given_name: string | null;
  family_name: string | null;
  locale: string | null;
  invited_at: number;
  changed_at: number;
  redeemed_at: number | null;
}

const select = (
  condition: string,
) => `SELECT i.guest_sub AS sub, MIN(a.address_key) AS invited_as, p.address AS email, g.state, g.name, g.given_name, g.family_name, g.locale,
  MIN(i.created_at) AS invited_at, MAX(i.updated_at) AS changed_at, MAX(i.redeemed_at) AS redeemed_at
  FROM invitations i JOIN aliases a ON a.id = i.alias_id JOIN guests g ON g.sub = i.guest_sub
  JOIN aliases p ON p.guest_sub = g.sub AND p.is_primary = 1
  WHERE i.client_id = ? AND ${condition} GROUP BY i.guest_sub, p.address, g.state, g.name, g.given_name, g.family_name, g.locale`;
const selectOne = query<Row>(select("i.guest_sub IN (?, (SELECT sub FROM merged_guests WHERE lost_sub = ?))"));

const selectInvitations = query<{ id: string }>(
  "SELECT id FROM invitations WHERE alias_id = ? AND revoked_at IS NULL ORDER BY created_at, id",
);
const selectApplications = query<{ client_id: string }>(
  "SELECT DISTINCT i.client_id FROM aliases a JOIN invitations i ON i.alias_id = a.id WHERE a.mailbox_id = ? AND i.revoked_at IS NULL",
);

const selectSubAfter = query<{ sub: string }>(
  "SELECT guest_sub AS sub FROM invitations WHERE client_id = ? AND guest_sub > ? ORDER BY guest_sub LIMIT 1 OFFSET ?",
);

export interface InviteePage {
  invitees: Invitee[];
  /** The sub after which the next page begins; null on the last one. */
  next: string | null;
}

/** One statement, whether or not the guest exists, so that the time reveals nothing. */
export async function find(db: Db, clientId: string, sub: string): Promise<Invitee | undefined> {
  const row = (await selectOne(db, clientId, sub, sub))[0];
  return row && toInvitee(row);
}

/**
 * In the order of sub, after the given one: an order that reveals nothing. Filters without an index are checked on `window` of the
 * application's own invitations at a time, so a page may be shorter than it could be.
 * @param window how many; given otherwise by tests only
 */
export async function list(
  db: Db,
  clientId: string,
  filter: InviteeFilter,
  limit: number,
  after: string,
  window = 1500,
): Promise<InviteePage> {
  const [matching, ...values] = matchCondition(filter);
  const end = matching === "" || filter.addressKey !== undefined ? undefined : await subAfter(db, window, clientId, after);
  // By the address if given; otherwise by the application's index, which is in order.
  const [from, own] =
    filter.addressKey === undefined
      ? [`invitations x${matching === "" ? "" : " CROSS JOIN aliases xa"}`, "x.client_id = ?"]
      : ["aliases xa CROSS JOIN invitations x", "COALESCE(x.client_id, '') = ?"];
  const page = query<{ sub: string }>(
    `SELECT DISTINCT x.guest_sub AS sub FROM ${from} WHERE ${own} AND x.guest_sub > ?${end === undefined ? "" : " AND x.guest_sub <= ?"}${matching}
     ORDER BY x.guest_sub LIMIT ?`,
  );
  const subs = (await page(db, clientId, after, ...(end === undefined ? [] : [end]), ...values, limit)).map(({ sub }) => sub);
  const [marks, listedSubs] = listed(subs);
  const rows = await query<Row>(`${select(`i.guest_sub IN (${marks})`)} ORDER BY i.guest_sub`)(db, clientId, ...listedSubs);
  return { invitees: rows.map(toInvitee), next: subs.length === limit ? (subs.at(-1) ?? null) : (end ?? null) };
}

/** @returns for each address (canonical) that was invited to the application, the guest's sub */
export async function subsOf(db: Db, clientId: string, keys: string[]): Promise<Map<string, string>> {
  const [marks, values] = listed(keys);
  const invited = query<{ address_key: string; guest_sub: string }>(
    `SELECT a.address_key, i.guest_sub FROM invitations i JOIN aliases a ON a.id = i.alias_id WHERE i.client_id = ? AND a.address_key IN (${marks})`,
  );
  return new Map((await invited(db, clientId, ...values)).map((row) => [row.address_key, row.guest_sub]));
}

export async function applicationsOf(db: Db, mailboxId: string): Promise<string[]> {
  return (await selectApplications(db, mailboxId)).map((row) => row.client_id);
}

export async function invitationsTo(db: Db, aliasId: number): Promise<string[]> {
  return (await selectInvitations(db, aliasId)).map((row) => row.id);
}

/** The guest of the invitation this many places later, or undefined if there are not that many. */
async function subAfter(db: Db, count: number, clientId: string, after: string): Promise<string | undefined> {
  return (await selectSubAfter(db, clientId, after, count - 1))[0]?.sub;
}

/** All conditions on one invitation `x` to the application and its invited address `xa`. */
function matchCondition({ search, addressKey, domain, sponsorKey }: InviteeFilter): [string, ...Value[]] {
  const given = [
    ...(search === undefined ? [] : [["xa.address_key LIKE ? ESCAPE '!'", `%${search.replace(/[!%_]/g, "!$&")}%`] as const]),
    ...(addressKey === undefined ? [] : [["xa.address_key = ?", addressKey] as const]),
    ...(domain === undefined ? [] : [["xa.domain = ?", domain] as const]),
    // Not by the index of all sponsors.
    ...(sponsorKey === undefined ? [] : [["COALESCE(x.sponsor_key, '') = ?", sponsorKey] as const]),
  ];
  if (given.length === 0) return [""];
  const conditions = given.map(([condition]) => condition).join(" AND ");
  return [` AND xa.id = x.alias_id AND ${conditions}`, ...given.map(([, value]) => value)];
}

function toInvitee(row: Row): Invitee {
  const known = row.redeemed_at !== null;
  return {
    sub: row.sub,
    email: known ? row.email : row.invited_as,
    redeemed: known,
    state: known ? row.state : "invited",
    name: known ? row.name : null,
    givenName: known ? row.given_name : null,
    familyName: known ? row.family_name : null,
    locale: known ? row.locale : null,
    invitedAt: row.invited_at,
    changedAt: row.changed_at,
  };
}
