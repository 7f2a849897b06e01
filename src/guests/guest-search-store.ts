// Lists of guests, newest first. However many guests there are, a page takes milliseconds: a filter is looked up if it matches few,
// or read from an index in the order of the list. Filters without such an index, and second filters, are checked on a walk through
// the index that goes no further than `window` at a time, so such a page may be shorter than it could be.
import { type Db, isEmbedded } from "../database/database.ts";
import { allOf, listed, query, type Sql } from "../database/statements.ts";
import type { Guest, GuestState } from "./guest.ts";
import { type Condition, conditionsOf, type GuestFilter } from "./guest-filter-store.ts";
import { guestColumns, toGuest, withPrimary } from "./guest-store.ts";

/** In the order of being recorded. */
export interface Place {
  createdAt: number;
  sub: string;
}

export interface GuestPage {
  guests: Guest[];
  /** Where the next page begins; null on the last one. */
  next: Place | null;
}

/** How a list is walked; only tests change it. */
interface Strides {
  /** The most guests that are examined one by one. */
  few: number;
  /** How many are walked past for one page. */
  window: number;
}

/** The rows that a page is read from, in the order of the list: the guests themselves, or rows that name them. */
interface Source {
  table: string;
  createdAt: string;
  sub: string;
  /** The conditions that the index serves, and the requested part of it. */
  conditions: Sql[];
}

const selectSearchIndex = query<object>("SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'aliases_search'");

const usual: Strides = { few: 500, window: 1000 };

/** In the order of being recorded, the newest first, before the given place. */
export async function list(db: Db, filter: GuestFilter, limit: number, before?: Place, strides = usual): Promise<GuestPage> {
  const conditions = conditionsOf(db, filter);
  const few = await fewFound(db, conditions, strides.few);
  const driving = few ? undefined : conditions.find(({ listed: index }) => index);
  const source = driving?.listed ? rowsOf(driving.listed) : guestsOf(filter.state);
  const rest = conditions.filter((condition) => condition !== driving).map(({ holds }) => holds);
  if (driving && filter.state) rest.push(["g.state = ?", filter.state]);
  if (before) source.conditions.push(placed(source, "<", before));
  const end = few || rest.length === 0 ? undefined : await placeAfter(db, strides.window, source);
  if (end) source.conditions.push(placed(source, ">=", end));
  if (few) source.conditions.push(among(few));
  const [page, ...values] = driving ? selectNamed(source, rest) : selectGuests(source, rest, few !== undefined);
  const select = query<Parameters<typeof toGuest>[0] & object>(
    `SELECT ${guestColumns} FROM (${page} LIMIT ?) page CROSS JOIN guests g ${withPrimary}
     WHERE g.sub = page.sub ORDER BY g.created_at DESC, g.sub DESC`,
  );
  const guests = (await select(db, ...values, limit)).map((row) => toGuest(row));
  return { guests, next: guests.length === limit ? (guests.at(-1) ?? null) : (end ?? null) };
}

function guestsOf(state: GuestState | undefined): Source {
  return { table: "guests g", createdAt: "g.created_at", sub: "g.sub", conditions: state ? [["g.state = ?", state]] : [] };
}

function rowsOf({ table, has }: { table: string; has: Sql }): Source {
  return { table: `${table} x`, createdAt: "x.guest_created_at", sub: "x.guest_sub", conditions: [has] };
}

/** @param few the "+" keeps SQLite from walking through everything in order where it should look up a few */
function selectGuests({ table, createdAt, sub, conditions }: Source, rest: Sql[], few: boolean): Sql {
  const [where, ...values] = allOf([...conditions, ...rest]);
  return [`SELECT ${sub} AS sub FROM ${table} ${where} ORDER BY ${few ? "+" : ""}${createdAt} DESC, ${sub} DESC`, ...values];
}

/** Each guest once, however many rows name it. */
function selectNamed({ table, createdAt, sub, conditions }: Source, rest: Sql[]): Sql {
  const [where, ...values] = allOf([...(rest.length > 0 ? [[`g.sub = ${sub}`] satisfies Sql] : []), ...conditions, ...rest]);
  const guests = rest.length > 0 ? "CROSS JOIN guests g" : "";
  return [
    `SELECT ${sub} AS sub FROM ${table} ${guests} ${where} GROUP BY ${createdAt}, ${sub} ORDER BY ${createdAt} DESC, ${sub} DESC`,
    ...values,
  ];
}

/** @returns the place that comes `count` rows later, or undefined if there are not so many */
async function placeAfter(db: Db, count: number, { table, createdAt, sub, conditions }: Source): Promise<Place | undefined> {
  const [where, ...values] = allOf(conditions);
  const select = query<{ created_at: number; sub: string }>(
    `SELECT ${createdAt} AS created_at, ${sub} AS sub FROM ${table} ${where} ORDER BY ${createdAt} DESC, ${sub} DESC LIMIT 1 OFFSET ?`,
  );
  const [row] = await select(db, ...values, count - 1);
  return row && { createdAt: row.created_at, sub: row.sub };
}

function placed({ createdAt, sub }: Source, comparison: "<" | ">=", place: Place): Sql {
  return [`(${createdAt}, ${sub}) ${comparison} (?, ?)`, place.createdAt, place.sub];
}

/** @returns the matches of a condition that has few; the first of several such conditions */
async function fewFound(db: Db, conditions: Condition[], few: number): Promise<string[] | undefined> {
  for (const { found } of conditions) {
    if (!found) continue;
    const [sql, ...values] = found;
    const rows = await query<{ guest_sub: string }>(`${sql} LIMIT ?`)(db, ...values, few + 1);
    if (rows.length <= few) return [...new Set(rows.map((row) => row.guest_sub))];
  }
  return undefined;
}

function among(subs: string[]): Sql {
  const [marks, values] = listed(subs);
  return [`g.sub IN (${marks})`, ...values];
}

/** Whether searching by part of an address or name has an index: without pg_trgm none could be made. */
export async function hasSearchIndex(db: Db): Promise<boolean> {
  return isEmbedded(db) || (await selectSearchIndex(db)).length > 0;
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

/** An address of another guest that may be the same person. */
export interface LookAlike {
  address: string;
  sub: string;
}

/** @returns at most 20 addresses of others that differ from one of the first 20 of these (canonical) only after a plus sign */
export async function lookAlikes(db: Db, sub: string, keys: string[]): Promise<LookAlike[]> {
  const [from, to] = isEmbedded(db) ? [">=", "<"] : ["~>=~", "~<~"];
  const alike: Sql[] = [...new Set(keys.map(withoutTag))].slice(0, 20).map((key) => {
    const [local, domain] = [key.slice(0, key.lastIndexOf("@")), key.slice(key.lastIndexOf("@") + 1)];
    // A comma is the character after the plus sign. Not by the index of the domain, which may have very many.
    return [
      `address_key = ? OR (address_key ${from} ? AND address_key ${to} ? AND COALESCE(domain, '') = ?)`,
      key,
      `${local}+`,
      `${local},`,
      domain,
    ];
  });
  const select = query<{ address: string; guest_sub: string }>(
    `SELECT address, guest_sub FROM aliases WHERE guest_sub <> ? AND (${alike.map(([sql]) => sql).join(" OR ")}) ORDER BY address_key LIMIT 20`,
  );
  const rows = await select(db, sub, ...alike.flatMap(([, ...values]) => values));
  return rows.map(({ address, guest_sub }) => ({ address, sub: guest_sub }));
}

/** Many mail servers deliver ada+files@example.com to ada@example.com. */
function withoutTag(key: string): string {
  return key.replace(/(?<=.)\+[^@]*(?=@)/, "");
}
