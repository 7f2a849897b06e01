import type { Db } from "../database.ts";
import { listed, query, type Value } from "../statements.ts";
import type { Invitee, InviteeFilter } from "./invitee.ts";

interface Row {
  sub: string;
  invited_as: string;
  email: string;
  state: Invitee["state"];
  name: string | null;
  locale: string | null;
  invited_at: number;
  changed_at: number;
  redeemed_at: number | null;
}

const select = (
  condition: string,
) => `SELECT i.guest_sub AS sub, MIN(a.address_key) AS invited_as, p.address AS email, g.state, g.name, g.locale,
  MIN(i.created_at) AS invited_at, MAX(i.updated_at) AS changed_at, MAX(i.redeemed_at) AS redeemed_at
  FROM invitations i JOIN aliases a ON a.id = i.alias_id JOIN guests g ON g.sub = i.guest_sub
  JOIN aliases p ON p.guest_sub = g.sub AND p.is_primary = 1
  WHERE i.client_id = ? AND ${condition} GROUP BY i.guest_sub, p.address, g.state, g.name, g.locale`;
const selectOne = query<Row>(select("i.guest_sub IN (?, (SELECT sub FROM merged_guests WHERE lost_sub = ?))"));

const selectApplications = query<{ client_id: string }>(
  "SELECT DISTINCT i.client_id FROM aliases a JOIN invitations i ON i.alias_id = a.id WHERE a.mailbox_id = ? AND i.revoked_at IS NULL",
);

/** One statement, whether or not there is such a guest: nothing is learnt from how long it takes. */
export async function find(db: Db, clientId: string, sub: string): Promise<Invitee | undefined> {
  const row = (await selectOne(db, clientId, sub, sub))[0];
  return row && toInvitee(row);
}

/** In the order of sub, after the given one: an order that tells nothing. */
export async function list(db: Db, clientId: string, filter: InviteeFilter, limit: number, after: string): Promise<Invitee[]> {
  const [matching, ...values] = matchCondition(clientId, filter);
  const page = query<Row>(`${select(`i.guest_sub > ?${matching}`)} ORDER BY i.guest_sub LIMIT ?`);
  return (await page(db, clientId, after, ...values, limit)).map(toInvitee);
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

/** One invitation to the application that has everything that was asked for. */
function matchCondition(clientId: string, { search, addressKey, domain, sponsorKey }: InviteeFilter): [string, ...Value[]] {
  const given = [
    ...(search === undefined ? [] : [["xa.address_key LIKE ? ESCAPE '!'", `%${search.replace(/[!%_]/g, "!$&")}%`] as const]),
    ...(addressKey === undefined ? [] : [["xa.address_key = ?", addressKey] as const]),
    ...(domain === undefined ? [] : [["xa.domain = ?", domain] as const]),
    ...(sponsorKey === undefined ? [] : [["x.sponsor_key = ?", sponsorKey] as const]),
  ];
  if (given.length === 0) return [""];
  const conditions = given.map(([condition]) => condition).join(" AND ");
  const matches = `SELECT x.guest_sub FROM invitations x JOIN aliases xa ON xa.id = x.alias_id WHERE x.client_id = ? AND ${conditions}`;
  return [` AND i.guest_sub IN (${matches})`, clientId, ...given.map(([, value]) => value)];
}

function toInvitee(row: Row): Invitee {
  const known = row.redeemed_at !== null;
  return {
    sub: row.sub,
    email: known ? row.email : row.invited_as,
    redeemed: known,
    state: known ? row.state : "invited",
    name: known ? row.name : null,
    locale: known ? row.locale : null,
    invitedAt: row.invited_at,
    changedAt: row.changed_at,
  };
}
