import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";

/** One thing that a guest agreed to share. */
export interface Share {
  /** "scope", "claim", or the URI of the API that it is a scope of. */
  part: string;
  name: string;
}

// Only while both exist: the guest may be erased, or the application removed, at the same moment.
const upsertRow = command(
  `INSERT INTO consents (guest_sub, client_id, part, name, links, agreed_at)
   SELECT g.sub, a.client_id, CAST(? AS text), CAST(? AS text), CAST(? AS text), CAST(? AS bigint)
   FROM guests g, applications a WHERE g.sub = ? AND a.client_id = ? AND a.removed_at IS NULL
   ON CONFLICT (guest_sub, client_id, part, name) DO UPDATE SET links = excluded.links, agreed_at = excluded.agreed_at`,
);
const selectOf = query<Share>("SELECT part, name FROM consents WHERE guest_sub = ? AND client_id = ? AND links = ?");
const selectOfGuest = query<Share & { client_id: string; agreed_at: number }>(
  `SELECT c.client_id, c.part, c.name, c.agreed_at FROM consents c JOIN applications a ON a.client_id = c.client_id AND a.removed_at IS NULL
   WHERE c.guest_sub = ? ORDER BY c.client_id, c.part, c.name`,
);
const deleteOf = command("DELETE FROM consents WHERE guest_sub = ? AND client_id = ?");

export async function upsert(db: Db, guestSub: string, clientId: string, { part, name }: Share, links: string, at: number): Promise<void> {
  await upsertRow(db, part, name, links, at, guestSub, clientId);
}

export function of(db: Db, guestSub: string, clientId: string, links: string): Promise<Share[]> {
  return selectOf(db, guestSub, clientId, links);
}

export async function ofGuest(db: Db, guestSub: string): Promise<(Share & { clientId: string; agreedAt: number })[]> {
  const rows = await selectOfGuest(db, guestSub);
  return rows.map(({ client_id: clientId, agreed_at: agreedAt, ...share }) => ({ clientId, agreedAt, ...share }));
}

export async function remove(db: Db, guestSub: string, clientId: string): Promise<void> {
  await deleteOf(db, guestSub, clientId);
}
