// The audit trail, read forward. The sealer gives out places, one at a time, and they become visible in order: a reader who has
// seen a place has seen all before it, in whatever order the transactions ended.
import type { Db } from "../database/database.ts";
import { allOf, listed, query } from "../database/statements.ts";

export interface TrailRow {
  position: number;
  id: string;
  at: number;
  action: string;
  clientId: string | null;
  guestSub: string | null;
  /** JSON. */
  details: string;
}

interface Row {
  position: number;
  id: string;
  at: number;
  action: string;
  client_id: string | null;
  guest_sub: string | null;
  details: string;
}

/** A guest's link to an application, and since when it exists. */
export interface Link {
  guestSub: string;
  action: string;
  clientId: string | null;
  details: string;
  at: number;
}

const selectUnsealed = query<{ id: string }>("SELECT id FROM audit WHERE position IS NULL LIMIT 1");
const selectHead = query<{ position: number }>("SELECT position FROM audit_head WHERE id = 1");
const selectPlace = query<{ position: number | null }>("SELECT position FROM audit WHERE id = ?");
const selectId = query<{ id: string }>("SELECT id FROM audit WHERE position = ?");

export async function hasUnsealed(db: Db): Promise<boolean> {
  return (await selectUnsealed(db)).length > 0;
}

/** The last place that was given out; 0 before the first. */
export async function headOf(db: Db): Promise<number> {
  return (await selectHead(db))[0]?.position ?? 0;
}

export async function placeOf(db: Db, id: string): Promise<number | undefined> {
  return (await selectPlace(db, id))[0]?.position ?? undefined;
}

export async function idAt(db: Db, position: number): Promise<string | undefined> {
  return (await selectId(db, position))[0]?.id;
}

/**
 * Rows in order, after one place and up to another.
 * @param except leaves out rows with this in place of their hash
 * @param clientId without what names another application alone
 */
export async function between(
  db: Db,
  {
    after,
    until,
    actions,
    except,
    clientId,
    limit,
  }: { after: number; until: number; actions: readonly string[]; except: string; clientId?: string | undefined; limit: number },
): Promise<TrailRow[]> {
  const [marks, names] = listed([...actions]);
  const [where, ...values] = allOf([
    ["position > ?", after],
    ["position <= ?", until],
    ["chain_hash <> ?", except],
    [`action IN (${marks})`, ...names],
    // Not by the index of the application, which may have very many.
    ...(clientId === undefined ? [] : [["COALESCE(client_id, ?) = ?", clientId, clientId] as [string, string, string]]),
  ]);
  const select = query<Row>(`SELECT position, id, at, action, client_id, guest_sub, details FROM audit ${where} ORDER BY position LIMIT ?`);
  return (await select(db, ...values, limit)).map(({ client_id, guest_sub, ...row }) => ({
    ...row,
    clientId: client_id,
    guestSub: guest_sub,
  }));
}

/** The first row of each kind in the trail about these guests and applications. */
export async function linksOf(db: Db, subs: string[], actions: readonly string[]): Promise<Link[]> {
  const [guests, values] = listed(subs);
  const [kinds, names] = listed([...actions]);
  const select = query<{ guest_sub: string; action: string; client_id: string | null; details: string; at: number }>(
    `SELECT guest_sub, action, client_id, details, MIN(at) AS at FROM audit WHERE guest_sub IN (${guests}) AND action IN (${kinds})
     GROUP BY guest_sub, action, client_id, details`,
  );
  return (await select(db, ...values, ...names)).map((row) => ({
    guestSub: row.guest_sub,
    action: row.action,
    clientId: row.client_id,
    details: row.details,
    at: row.at,
  }));
}
