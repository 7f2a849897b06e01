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

export async function removeOld(db: Db, before: number): Promise<void> {
  await removeOldRows(db, before);
}
