import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";
import { newVersion } from "./guest-store.ts";

const touchOwner = query<{ sub: string }>(
  `UPDATE guests SET ${newVersion} WHERE sub = (SELECT guest_sub FROM aliases WHERE address_key = ?) RETURNING sub`,
);
// A code that came back after the mail was written says more than the mail that did not arrive.
const countRefusal = query<{ id: string; refusals: number }>(
  `UPDATE mailboxes SET refusals = refusals + 1, undeliverable_since = COALESCE(undeliverable_since, ?), refusal_status = ?, refusal_reason = ?
   WHERE id = (SELECT mailbox_id FROM aliases WHERE address_key = ?) AND (verified_at IS NULL OR verified_at <= ?) RETURNING id, refusals`,
);
const clearRefusals = command(
  `UPDATE mailboxes SET undeliverable_since = NULL, refusals = 0, refusal_status = NULL, refusal_reason = NULL
   WHERE guest_sub = ? AND undeliverable_since IS NOT NULL`,
);
const updateSuspended = command(
  `UPDATE guests SET state = 'suspended', suspended_reason = ? WHERE sub = ? AND state <> 'suspended'
   AND NOT EXISTS (SELECT 1 FROM mailboxes WHERE guest_sub = guests.sub AND refusals < ?)`,
);
const selectMarked = query<{ mailboxes: number }>("SELECT count(*) AS mailboxes FROM mailboxes WHERE undeliverable_since IS NOT NULL");

/** Gives the guest who has the address a new version, and holds it for the rest of the transaction. @returns its sub */
export async function holdOwner(db: Db, key: string, at: number): Promise<string | undefined> {
  return (await touchOwner(db, at, at, key))[0]?.sub;
}

/** @returns the mailbox and how often it refused by now, or undefined where it was proven since the mail was written */
export async function refuse(
  db: Db,
  { key, status, reason, at, writtenAt }: { key: string; status: string; reason: string; at: number; writtenAt: number },
): Promise<{ id: string; refusals: number } | undefined> {
  return (await countRefusal(db, at, status, reason, key, writtenAt))[0];
}

export async function forgetRefusals(db: Db, sub: string): Promise<void> {
  await clearRefusals(db, sub);
}

/** Suspends a guest each of whose mailboxes refused so often. @returns false where one did not, or the guest is suspended already */
export async function suspendUnreachable(db: Db, sub: string, reason: string, refusals: number): Promise<boolean> {
  return (await updateSuspended(db, reason, sub, refusals)) === 1;
}

export async function countUndeliverable(db: Db): Promise<number> {
  return (await selectMarked(db))[0]?.mailboxes ?? 0;
}
