import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";
import type { Alias, Guest, GuestState } from "./guest.ts";

interface GuestRow {
  sub: string;
  state: GuestState;
  name: string | null;
  locale: string | null;
  email: string;
  verified_at: number | null;
  updated_at: number;
}

const columns = `g.sub, g.state, g.name, g.locale, p.address AS email, m.verified_at, g.updated_at`;
const withPrimary = `JOIN aliases p ON p.guest_sub = g.sub AND p.is_primary = 1 JOIN mailboxes m ON m.id = p.mailbox_id`;

const selectBySub = query<GuestRow>(`SELECT ${columns} FROM guests g ${withPrimary} WHERE g.sub = ?`);
const selectByAddress = query<GuestRow & { recorded: string }>(
  `SELECT ${columns}, a.address AS recorded FROM aliases a JOIN guests g ON g.sub = a.guest_sub ${withPrimary} WHERE a.address_key = ?`,
);
const selectPage = query<GuestRow>(`SELECT ${columns} FROM guests g ${withPrimary} WHERE g.sub > ? ORDER BY g.sub LIMIT ?`);
const selectAliases = query<{ address: string; is_primary: number; mailbox_id: string; verified_at: number | null }>(
  `SELECT a.address, a.is_primary, a.mailbox_id, m.verified_at FROM aliases a JOIN mailboxes m ON m.id = a.mailbox_id
   WHERE a.guest_sub = ? ORDER BY a.is_primary DESC, a.created_at, a.address_key`,
);
const insertGuest = command("INSERT INTO guests (sub, state, name, locale, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)");
const insertMailboxRow = command("INSERT INTO mailboxes (id, guest_sub, verified_at) VALUES (?, ?, ?)");
const insertAliasRow = command(
  "INSERT INTO aliases (address_key, address, guest_sub, mailbox_id, is_primary, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (address_key) DO NOTHING",
);
const deleteGuest = command("DELETE FROM guests WHERE sub = ?");
const deleteMailbox = command("DELETE FROM mailboxes WHERE id = ?");
const updateProof = query<{ sub: string; state: GuestState }>(
  `UPDATE mailboxes SET verified_at = ? WHERE id = (SELECT mailbox_id FROM aliases WHERE address_key = ?)
   RETURNING guest_sub AS sub, (SELECT state FROM guests WHERE sub = guest_sub) AS state`,
);
const updateActive = command("UPDATE guests SET state = 'active', updated_at = ? WHERE sub = ? AND state = 'invited'");
const updateSuspended = command(
  "UPDATE guests SET state = 'suspended', suspended_reason = ?, updated_at = ? WHERE sub = ? AND state <> 'suspended'",
);
const updateResumed = command(
  `UPDATE guests SET state = CASE WHEN EXISTS (SELECT 1 FROM mailboxes WHERE guest_sub = guests.sub AND verified_at IS NOT NULL) THEN 'active' ELSE 'invited' END,
   suspended_reason = NULL, updated_at = ? WHERE sub = ? AND state = 'suspended'`,
);

export async function findBySub(db: Db, sub: string): Promise<Guest | undefined> {
  return toGuest((await selectBySub(db, sub))[0]);
}

/** @returns the guest and the address as it was recorded, which is where mail must go */
export async function findByAddress(db: Db, key: string): Promise<{ guest: Guest; recorded: string } | undefined> {
  const row = (await selectByAddress(db, key))[0];
  return row && { guest: toGuest(row), recorded: row.recorded };
}

export async function listGuests(db: Db, after: string, limit: number): Promise<Guest[]> {
  return (await selectPage(db, after, limit)).map((row) => toGuest(row));
}

export async function listAliases(db: Db, sub: string): Promise<Alias[]> {
  return (await selectAliases(db, sub)).map((row) => ({
    address: row.address,
    primary: row.is_primary === 1,
    mailboxId: row.mailbox_id,
    verifiedAt: row.verified_at,
  }));
}

export async function insert(
  db: Db,
  guest: { sub: string; state: GuestState; name: string | null; locale: string | null; at: number },
): Promise<void> {
  await insertGuest(db, guest.sub, guest.state, guest.name, guest.locale, guest.at, guest.at);
}

export async function insertMailbox(db: Db, mailbox: { id: string; sub: string; verifiedAt: number | null }): Promise<void> {
  await insertMailboxRow(db, mailbox.id, mailbox.sub, mailbox.verifiedAt);
}

/** @returns false where the address already belongs to a guest */
export async function insertAlias(
  db: Db,
  alias: { key: string; address: string; sub: string; mailboxId: string; primary: boolean; at: number },
): Promise<boolean> {
  return (await insertAliasRow(db, alias.key, alias.address, alias.sub, alias.mailboxId, alias.primary ? 1 : 0, alias.at)) === 1;
}

export async function remove(db: Db, sub: string): Promise<void> {
  await deleteGuest(db, sub);
}

export async function removeMailbox(db: Db, id: string): Promise<void> {
  await deleteMailbox(db, id);
}

/** Records proof of the mailbox behind an address. @returns its guest, or undefined where nobody has the address */
export async function proveMailbox(db: Db, key: string, at: number): Promise<{ sub: string; state: GuestState } | undefined> {
  return (await updateProof(db, at, key))[0];
}

export async function activate(db: Db, sub: string, at: number): Promise<void> {
  await updateActive(db, at, sub);
}

export async function suspend(db: Db, sub: string, reason: string, at: number): Promise<boolean> {
  return (await updateSuspended(db, reason, at, sub)) === 1;
}

export async function resume(db: Db, sub: string, at: number): Promise<boolean> {
  return (await updateResumed(db, at, sub)) === 1;
}

function toGuest(row: GuestRow): Guest;
function toGuest(row: GuestRow | undefined): Guest | undefined;
function toGuest(row: GuestRow | undefined): Guest | undefined {
  if (!row) return undefined;
  return {
    sub: row.sub,
    state: row.state,
    name: row.name,
    locale: row.locale,
    email: row.email,
    verifiedAt: row.verified_at,
    updatedAt: row.updated_at,
  };
}
