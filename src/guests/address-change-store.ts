import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";

/** What a guest changed: times are milliseconds since the epoch. */
export interface AddressChange {
  id: string;
  guestSub: string;
  kind: "added" | "made-primary" | "removed";
  aliasId: number;
  /** The primary alias before it. */
  beforeId: number;
  /** The one that was removed. */
  address: string | null;
  madeAt: number;
  undoneAt: number | null;
}

interface ChangeRow {
  id: string;
  guest_sub: string;
  kind: AddressChange["kind"];
  alias_id: number;
  before_id: number;
  address: string | null;
  made_at: number;
  undone_at: number | null;
}

const insertRow = command(
  "INSERT INTO address_changes (id, guest_sub, kind, alias_id, before_id, address, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
);
const selectRow = query<ChangeRow>("SELECT * FROM address_changes WHERE id = ?");
const updateUndone = command("UPDATE address_changes SET undone_at = ? WHERE id = ? AND undone_at IS NULL AND made_at > ?");
const undoRemovedRows = query<{ alias_id: number; address: string }>(
  `UPDATE address_changes SET undone_at = ? WHERE guest_sub = ? AND kind = 'removed' AND undone_at IS NULL AND made_at >= ?
   AND NOT EXISTS (SELECT 1 FROM address_changes a WHERE a.alias_id = address_changes.alias_id AND a.kind = 'added')
   RETURNING alias_id, address`,
);
const removeOldRows = removal("address_changes", "id", "made_at < ?");

export async function insert(db: Db, change: Omit<AddressChange, "undoneAt">): Promise<void> {
  await insertRow(db, change.id, change.guestSub, change.kind, change.aliasId, change.beforeId, change.address, change.madeAt);
}

export async function find(db: Db, id: string): Promise<AddressChange | undefined> {
  const [row] = await selectRow(db, id);
  return (
    row && {
      id: row.id,
      guestSub: row.guest_sub,
      kind: row.kind,
      aliasId: row.alias_id,
      beforeId: row.before_id,
      address: row.address,
      madeAt: row.made_at,
      undoneAt: row.undone_at,
    }
  );
}

/** @returns true for exactly one caller, where the change was made after `madeAfter` */
export async function undo(db: Db, id: string, at: number, madeAfter: number): Promise<boolean> {
  return (await updateUndone(db, at, id, madeAfter)) === 1;
}

/** Undoes what the guest has removed since then, but not what was added in the same days. @returns the addresses, for exactly one caller */
export async function undoRemoved(db: Db, guestSub: string, at: number, since: number): Promise<{ aliasId: number; address: string }[]> {
  return (await undoRemovedRows(db, at, guestSub, since)).map((row) => ({ aliasId: row.alias_id, address: row.address }));
}

export async function removeOld(db: Db, before: number): Promise<void> {
  await removeOldRows(db, before);
}
