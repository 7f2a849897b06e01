import { type Db, isEmbedded } from "../database.ts";
import { listed, query, type Value } from "../statements.ts";
import type { Guest, GuestState } from "./guest.ts";
import { guestColumns, toGuest, withPrimary } from "./guest-store.ts";

export interface GuestFilter {
  state?: GuestState;
  /** A-label, lower case. */
  domain?: string;
  /** Invited to this application. */
  clientId?: string;
  sponsorEmail?: string;
  externalId?: string;
  /** Part of an address or name. */
  search?: string;
  /** Guests whose primary mailbox was last proven before this moment (milliseconds), or never. */
  provenBefore?: number;
  /** Guests with, or without, a mailbox that refuses mail for good. */
  undeliverable?: boolean;
}

/** In the order of being recorded, the newest first, before the given place. */
export async function list(db: Db, filter: GuestFilter, limit: number, before?: { createdAt: number; sub: string }): Promise<Guest[]> {
  const conditions: string[] = [];
  const values: Value[] = [];
  const where = (condition: string, ...given: Value[]) => {
    conditions.push(condition);
    values.push(...given);
  };
  if (filter.state) where("g.state = ?", filter.state);
  if (filter.externalId) where("g.external_id = ?", filter.externalId);
  if (filter.domain) where("EXISTS (SELECT 1 FROM aliases d WHERE d.guest_sub = g.sub AND d.domain = ?)", filter.domain);
  if (filter.clientId || filter.sponsorEmail) where(...invitedCondition(filter));
  if (filter.provenBefore !== undefined) where("(m.verified_at IS NULL OR m.verified_at < ?)", filter.provenBefore);
  if (filter.undeliverable !== undefined)
    where(
      `${filter.undeliverable ? "" : "NOT "}EXISTS (SELECT 1 FROM mailboxes u WHERE u.guest_sub = g.sub AND u.undeliverable_since IS NOT NULL)`,
    );
  if (filter.search) where(...searchCondition(db, filter.search.toLowerCase()));
  if (before) where("(g.created_at < ? OR (g.created_at = ? AND g.sub < ?))", before.createdAt, before.createdAt, before.sub);
  const condition = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  const select = query<Parameters<typeof toGuest>[0] & object>(
    `SELECT ${guestColumns} FROM guests g ${withPrimary} ${condition} ORDER BY g.created_at DESC, g.sub DESC LIMIT ?`,
  );
  return (await select(db, ...values, limit)).map((row) => toGuest(row));
}

/** One invitation that is to the application and by the sponsor, where both are given. */
function invitedCondition({ clientId, sponsorEmail }: GuestFilter): [string, ...Value[]] {
  const given = [
    ...(clientId ? [["i.client_id = ?", clientId] as const] : []),
    ...(sponsorEmail ? [["i.sponsor_email = ?", sponsorEmail] as const] : []),
  ];
  const conditions = given.map(([condition]) => condition).join(" AND ");
  return [`EXISTS (SELECT 1 FROM invitations i WHERE i.guest_sub = g.sub AND ${conditions})`, ...given.map(([, value]) => value)];
}

function searchCondition(db: Db, part: string): [string, ...Value[]] {
  const [condition, ...values] = aliasCondition(db, part);
  return [`g.sub IN (SELECT guest_sub FROM aliases WHERE ${condition})`, ...values];
}

/** Trigrams need three letters; with fewer it is the beginning of an address. */
function aliasCondition(db: Db, part: string): [string, ...Value[]] {
  if ([...part].length < 3) return ["address_key >= ? AND address_key < ?", part, `${part}\u{10ffff}`];
  if (isEmbedded(db)) {
    return ["id IN (SELECT rowid FROM alias_search WHERE alias_search MATCH ?)", `"${part.replaceAll('"', '""')}"`];
  }
  return ["search_text LIKE ?", `%${part.replace(/[\\%_]/g, "\\$&")}%`];
}

/** @returns for each canonical address that a guest has, its sub */
export async function subsOf(db: Db, keys: string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const [marks, values] = listed(keys);
  const select = query<{ address_key: string; guest_sub: string }>(
    `SELECT address_key, guest_sub FROM aliases WHERE address_key IN (${marks})`,
  );
  return new Map((await select(db, ...values)).map((row) => [row.address_key, row.guest_sub]));
}
