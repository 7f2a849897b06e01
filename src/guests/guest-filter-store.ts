// The filters for lists of guests, as SQL.
import { type Db, isEmbedded } from "../database/database.ts";
import type { Sql } from "../database/statements.ts";
import { searchable } from "./address.ts";
import type { GuestState } from "./guest.ts";
import { type Due, dueCondition } from "./guest-due-store.ts";

export interface GuestFilter {
  state?: GuestState;
  /** The canonical form of one of the guest's addresses. */
  addressKey?: string;
  /** A-label, lower case. */
  domain?: string;
  /** Invited to this application. */
  clientId?: string;
  /** Invited by the sponsor with this address, in canonical form. */
  sponsorKey?: string;
  externalId?: string;
  /** Part of an address or name. */
  search?: string;
  /** Guests whose primary mailbox was last proven before this moment (milliseconds), or never. */
  provenBefore?: number;
  /** Guests with, or without, a mailbox that refuses mail for good. */
  undeliverable?: boolean;
  /** Guests who asked to be erased, or did not. */
  erasureAsked?: boolean;
  /** Guests whose record ends between these moments (milliseconds). */
  ends?: { after: number; before: number };
  /** Guests of whom at least one proof comes due. */
  due?: Due;
}

/** A condition on the guest `g`. */
export interface Condition {
  holds: Sql;
  /** Selects the `guest_sub` of matching guests, by an index, in no order. */
  found?: Sql;
  /** The same condition on a row `x` of this table, which has an index for it in the order of the list. */
  listed?: { table: "aliases" | "invitations"; has: Sql };
}

/** All but the state, for which the guests' table has an index. */
export function conditionsOf(db: Db, filter: GuestFilter): Condition[] {
  return [
    ...(filter.addressKey ? [having("aliases", ["x.address_key = ?", filter.addressKey])] : []),
    ...(filter.externalId ? [byColumn("external_id", filter.externalId)] : []),
    ...(filter.search ? [bySearch(db, searchable(filter.search))] : []),
    ...(filter.undeliverable === undefined ? [] : [byRefusal(filter.undeliverable)]),
    ...(filter.erasureAsked === undefined ? [] : [byErasure(filter.erasureAsked)]),
    ...(filter.ends ? [byEnd(filter.ends)] : []),
    ...(filter.clientId || filter.sponsorKey ? [byInvitation(filter)] : []),
    ...(filter.domain ? [inOrder("aliases", ["x.domain = ?", filter.domain])] : []),
    ...(filter.provenBefore === undefined ? [] : [byProof(filter.provenBefore)]),
    ...(filter.due ? [byDue(db, filter.due)] : []),
  ];
}

function byErasure(asked: boolean): Condition {
  if (!asked) return { holds: ["g.erasure_asked_at IS NULL"] };
  return {
    holds: ["g.erasure_asked_at IS NOT NULL"],
    found: ["SELECT sub AS guest_sub FROM guests WHERE erasure_asked_at IS NOT NULL"],
  };
}

function byEnd({ after, before }: { after: number; before: number }): Condition {
  const within = "expires_at > ? AND expires_at < ?";
  return {
    holds: [`g.${within.replace(" AND ", " AND g.")}`, after, before],
    found: [`SELECT sub AS guest_sub FROM guests WHERE ${within}`, after, before],
  };
}

function byColumn(column: string, value: string): Condition {
  return { holds: [`g.${column} = ?`, value], found: [`SELECT sub AS guest_sub FROM guests WHERE ${column} = ?`, value] };
}

/** One invitation to the application and by the sponsor, if both are given. */
function byInvitation({ clientId, sponsorKey }: GuestFilter): Condition {
  const given = [
    ...(sponsorKey ? [["x.sponsor_key = ?", sponsorKey] as const] : []),
    ...(clientId ? [["x.client_id = ?", clientId] as const] : []),
  ];
  return inOrder("invitations", [given.map(([sql]) => sql).join(" AND "), ...given.map(([, value]) => value)]);
}

function inOrder(table: "aliases" | "invitations", has: Sql): Condition {
  return { holds: exists(table, has), listed: { table, has } };
}

function exists(table: string, [sql, ...values]: Sql): Sql {
  return [`EXISTS (SELECT 1 FROM ${table} x WHERE x.guest_sub = g.sub AND ${sql})`, ...values];
}

/** With no index of the list's order. */
function having(table: "aliases" | "mailboxes", has: Sql): Condition {
  return { holds: exists(table, has), found: [`SELECT x.guest_sub FROM ${table} x WHERE ${has[0]}`, ...has.slice(1)] };
}

/** Trigrams need three letters; with fewer it is the beginning of an address. */
function bySearch(db: Db, part: string): Condition {
  const embedded = isEmbedded(db);
  // PostgreSQL compares by the database's collation; these operators compare byte by byte.
  const [from, to] = embedded ? [">=", "<"] : ["~>=~", "~<~"];
  if ([...part].length < 3) return having("aliases", [`x.address_key ${from} ? AND x.address_key ${to} ?`, part, `${part}\u{10ffff}`]);
  // Trigrams that very many have cost time: a domain after the beginning of an address is left to the comparison.
  const at = part.indexOf("@");
  const rare = at < 3 ? part : part.slice(0, at + 1);
  const like = (text: string): Sql => ["x.search_text LIKE ?", `%${text.replace(/[\\%_]/g, "\\$&")}%`];
  if (!embedded) return { ...having("aliases", like(rare)), holds: exists("aliases", like(part)) };
  const phrase = `"${rare.replaceAll('"', '""')}"`;
  return {
    holds: exists("aliases", ["instr(x.search_text, ?) > 0", part]),
    found: ["SELECT x.guest_sub FROM alias_search CROSS JOIN aliases x ON x.id = alias_search.rowid WHERE alias_search MATCH ?", phrase],
  };
}

function byProof(before: number): Condition {
  const primary = "SELECT 1 FROM aliases p JOIN mailboxes m ON m.id = p.mailbox_id WHERE p.guest_sub = g.sub AND p.is_primary = 1";
  return { holds: [`EXISTS (${primary} AND (m.verified_at IS NULL OR m.verified_at < ?))`, before] };
}

function byRefusal(refuses: boolean): Condition {
  const refusing = having("mailboxes", ["x.undeliverable_since IS NOT NULL"]);
  return refuses ? refusing : { holds: [`NOT ${refusing.holds[0]}`] };
}

function byDue(db: Db, due: Due): Condition {
  const holds = dueCondition(db, due);
  return { holds };
}
