import type { Db } from "../database/database.ts";
import { query, type Sql } from "../database/statements.ts";
import { idsInOrder, idsSorted, placeAfter } from "../database/walk.ts";
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

const trail = { table: "audit", as: "a", time: "at" };

/**
 * The newest first, before the given place. Rows of one guest are looked up; others are looked for among `window` rows at a time, so
 * a page may be shorter than it could be.
 * @param window how many rows; only tests change it
 */
export async function list(db: Db, before: AuditPlace, filter: AuditFilter, limit: number, window = 10_000): Promise<AuditPage> {
  const { guestSub } = filter;
  const walked = walkedBy(before, filter);
  const rest = lookedFor(filter);
  const end = guestSub !== undefined || rest.length === 0 ? undefined : await placeAfter(db, trail, window, walked);
  const [page, ...values] =
    guestSub !== undefined ? idsSorted(trail, [ofGuest(guestSub), ...walked, ...rest]) : idsInOrder(trail, walked, rest, window);
  const select = query<Row>(`SELECT ${columns} ${from} WHERE a.id IN (${page} LIMIT ?) ORDER BY a.at DESC, a.id DESC`);
  const rows = (await select(db, ...values, limit)).map(toRow);
  return { rows, next: rows.length === limit ? (rows.at(-1) ?? null) : end ? { at: end.time, id: end.id } : null };
}

/** The index is entered at one place: the given one, or the end of the requested time. */
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

function ofGuest(sub: string): Sql {
  return ["a.guest_sub IN (SELECT CAST(? AS text) UNION SELECT lost_sub FROM merged_guests WHERE sub = ?)", sub, sub];
}
