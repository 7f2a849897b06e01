import type { Db } from "../database.ts";
import { query, type Value } from "../statements.ts";
import { columns, from, type Row, type StoredRow, toRow } from "./audit-store.ts";

export interface AuditFilter {
  /** Those merged into the guest are found with it. */
  guestSub?: string;
  clientId?: string;
  action?: string;
  actor?: string;
  /** From this moment on, milliseconds since the epoch. */
  since?: number;
  /** Before this moment. */
  until?: number;
}

export interface AuditPlace {
  at: number;
  id: string;
}

export interface AuditPage {
  rows: StoredRow[];
  /** Where the next page begins; null on the last one. */
  next: AuditPlace | null;
}

type Sql = [sql: string, ...values: Value[]];

const newestFirst = "ORDER BY a.at DESC, a.id DESC";
/**
 * The newest first, before the given place. Rows of one guest are looked up; others are looked for among so many at a time, and no
 * more: such a page may be shorter than it could be.
 * @param window how many; given otherwise by tests only
 */
export async function list(db: Db, before: AuditPlace, filter: AuditFilter, limit: number, window = 10_000): Promise<AuditPage> {
  const { guestSub } = filter;
  const walked = walkedBy(before, filter);
  const rest = lookedFor(filter);
  const end = guestSub !== undefined || rest.length === 0 ? undefined : await placeAfter(db, window, walked);
  const [page, ...values] = guestSub !== undefined ? ofGuest(guestSub, [...walked, ...rest]) : among(walked, rest, window);
  const select = query<Row>(`SELECT ${columns} ${from} WHERE a.id IN (${page} LIMIT ?) ORDER BY a.at DESC, a.id DESC`);
  const rows = (await select(db, ...values, limit)).map(toRow);
  return { rows, next: rows.length === limit ? (rows.at(-1) ?? null) : (end ?? null) };
}

/** The index is entered at one place: the given one, or the moment until which is asked. */
function walkedBy(before: AuditPlace, { since, until = before.at + 1 }: AuditFilter): Sql[] {
  const { at, id } = until <= before.at ? { at: until, id: "" } : before;
  return [["(a.at, a.id) < (?, ?)", at, id], ...(since === undefined ? [] : [["a.at >= ?", since] satisfies Sql])];
}

/** Not by the index of the application, which may have very many. */
function lookedFor({ clientId, action, actor }: AuditFilter): Sql[] {
  return [
    ...(clientId === undefined ? [] : [["COALESCE(a.client_id, '') = ?", clientId] satisfies Sql]),
    ...(action === undefined ? [] : [["a.action = ?", action] satisfies Sql]),
    ...(actor === undefined ? [] : [["a.actor = ?", actor] satisfies Sql]),
  ];
}

/** SQLite is kept from walking through everything in order ("+"). */
function ofGuest(guestSub: string, conditions: Sql[]): Sql {
  const [where, ...values] = all([
    ["a.guest_sub IN (SELECT CAST(? AS text) UNION SELECT lost_sub FROM merged_guests WHERE sub = ?)", guestSub, guestSub],
    ...conditions,
  ]);
  return [`SELECT a.id FROM audit a ${where} ORDER BY +a.at DESC, a.id DESC`, ...values];
}

function among(walked: Sql[], rest: Sql[], window: number): Sql {
  const [where, ...values] = all(walked);
  if (rest.length === 0) return [`SELECT a.id FROM audit a ${where} ${newestFirst}`, ...values];
  const [having, ...more] = all(rest);
  return [
    `SELECT a.id FROM (SELECT * FROM audit a ${where} ${newestFirst} LIMIT ?) a ${having} ${newestFirst}`,
    ...values,
    window,
    ...more,
  ];
}

/** @returns the place that comes `count` rows later, or undefined where there are not so many */
async function placeAfter(db: Db, count: number, walked: Sql[]): Promise<AuditPlace | undefined> {
  const [where, ...values] = all(walked);
  return (await query<AuditPlace>(`SELECT a.at, a.id FROM audit a ${where} ${newestFirst} LIMIT 1 OFFSET ?`)(db, ...values, count - 1))[0];
}

function all(conditions: Sql[]): Sql {
  return [`WHERE ${conditions.map(([sql]) => sql).join(" AND ")}`, ...conditions.flatMap(([, ...values]) => values)];
}
