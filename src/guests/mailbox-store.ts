import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";
import type { Guest, GuestState } from "./guest.ts";
import { newVersion } from "./guest-store.ts";

interface ProvenRow {
  sub: string;
  state: GuestState;
  expires_at: number | null;
  open_invitations: number;
  mailbox_id: string;
}

/** The guest of a mailbox, as it was when the mailbox was proven. */
export interface ProvenGuest extends Pick<Guest, "sub" | "state" | "expiresAt"> {
  /** How many invitations, of any application, have not been redeemed or revoked, lapsed ones included. */
  openInvitations: number;
  mailboxId: string;
}

const insertRow = command("INSERT INTO mailboxes (id, guest_sub, verified_at, networks) VALUES (?, ?, ?, ?)");
const moveRows = command("UPDATE mailboxes SET guest_sub = ? WHERE guest_sub = ?");
const deleteUnused = command(
  "DELETE FROM mailboxes WHERE guest_sub = ? AND NOT EXISTS (SELECT 1 FROM aliases WHERE mailbox_id = mailboxes.id)",
);
const forgetProofRow = command("UPDATE mailboxes SET verified_at = NULL, networks = '' WHERE id = ?");
// The network moves to the front of ten. A code that came back clears the refusals of earlier mail.
const updateProof = query<ProvenRow>(
  `UPDATE mailboxes SET verified_at = ?, networks = substr(CAST(? AS text) || replace(networks, CAST(? AS text), ''), 1, 170),
   undeliverable_since = NULL, refusals = 0, counted_refusals = 0, refusal_status = NULL, refusal_reason = NULL WHERE id = (SELECT mailbox_id FROM aliases WHERE address_key = ?)
   RETURNING id AS mailbox_id, guest_sub AS sub, (SELECT state FROM guests WHERE sub = guest_sub) AS state,
   (SELECT expires_at FROM guests WHERE sub = guest_sub) AS expires_at, (SELECT COUNT(*) FROM invitations i
   WHERE i.guest_sub = mailboxes.guest_sub AND i.redeemed_at IS NULL AND i.revoked_at IS NULL) AS open_invitations`,
);
const selectProvenFrom = query<object>(
  "SELECT 1 FROM mailboxes m JOIN aliases a ON a.mailbox_id = m.id WHERE a.address_key = ? AND m.networks LIKE ?",
);
const touchOwner = query<{ sub: string }>(
  `UPDATE guests SET ${newVersion} WHERE sub = (SELECT guest_sub FROM aliases WHERE address_key = ?) RETURNING sub`,
);
const upsertWave = query<{ ends_at: number }>(
  `INSERT INTO refusal_waves (wave, seen_at, ends_at) VALUES (?, ?, 0) ON CONFLICT (wave) DO UPDATE SET seen_at = excluded.seen_at,
   ends_at = CASE WHEN refusal_waves.ends_at > excluded.seen_at THEN ? ELSE refusal_waves.ends_at END RETURNING ends_at`,
);
const selectWave = query<{ ends_at: number }>("SELECT ends_at FROM refusal_waves WHERE wave = ?");
const beginWaveRow = command("UPDATE refusal_waves SET ends_at = ? WHERE wave = ?");
// A code that came back after the mail was written outweighs the mail that did not arrive.
const insertRefusal = query<{ id: number; mailbox_id: string; counted: number }>(
  `INSERT INTO mailbox_refusals (mailbox_id, at, wave, counted)
   SELECT m.id, ?, ?, CASE WHEN ? = 1 AND NOT EXISTS (SELECT 1 FROM mailbox_refusals r WHERE r.mailbox_id = m.id AND r.counted = 1 AND r.at > ?) THEN 1 ELSE 0 END
   FROM mailboxes m WHERE m.id = (SELECT mailbox_id FROM aliases WHERE address_key = ?) AND (m.verified_at IS NULL OR m.verified_at <= ?)
   RETURNING id, mailbox_id, counted`,
);
const countRefusal = query<{ refusals: number }>(
  `UPDATE mailboxes SET refusals = refusals + 1, counted_refusals = counted_refusals + ?, undeliverable_since = COALESCE(undeliverable_since, ?),
   refusal_status = ?, refusal_reason = ? WHERE id = ? RETURNING refusals`,
);
const countMailboxes = query<{ mailboxes: number; since: number | null }>(
  "SELECT count(DISTINCT mailbox_id) AS mailboxes, MIN(at) AS since FROM mailbox_refusals WHERE wave = ? AND at > ?",
);
const deleteRefusals = query<{ mailbox_id: string; counted: number; suspended_as: string | null }>(
  "DELETE FROM mailbox_refusals WHERE wave = ? AND at > ? RETURNING mailbox_id, counted, suspended_as",
);
const uncount = query<{ guest_sub: string; refusals: number }>(
  `UPDATE mailboxes SET refusals = CASE WHEN refusals > ? THEN refusals - ? ELSE 0 END,
   counted_refusals = CASE WHEN counted_refusals > ? THEN counted_refusals - ? ELSE 0 END,
   undeliverable_since = CASE WHEN refusals > ? THEN undeliverable_since END, refusal_status = CASE WHEN refusals > ? THEN refusal_status END,
   refusal_reason = CASE WHEN refusals > ? THEN refusal_reason END WHERE id = ? AND refusals > 0 RETURNING guest_sub, refusals`,
);
const noteSuspension = command("UPDATE mailbox_refusals SET suspended_as = ? WHERE id = ?");
const noteTellAt = command("UPDATE mailbox_refusals SET tell_at = ? WHERE id = ?");
const takeToTell = query<{ mailbox_id: string; suspended_as: string | null }>(
  "UPDATE mailbox_refusals SET tell_at = NULL WHERE tell_at IS NOT NULL AND tell_at <= ? RETURNING mailbox_id, suspended_as",
);
const selectMark = query<{ guest_sub: string; address: string; refusal_status: string; refusal_reason: string }>(
  `SELECT m.guest_sub, (SELECT address FROM aliases a WHERE a.mailbox_id = m.id ORDER BY a.is_primary DESC, a.id LIMIT 1) AS address,
   m.refusal_status, m.refusal_reason FROM mailboxes m WHERE m.id = ? AND m.undeliverable_since IS NOT NULL`,
);
const clearRefusals = command(
  `UPDATE mailboxes SET undeliverable_since = NULL, refusals = 0, counted_refusals = 0, refusal_status = NULL, refusal_reason = NULL
   WHERE guest_sub = ? AND undeliverable_since IS NOT NULL`,
);
const updateSuspended = command(
  `UPDATE guests SET state = 'suspended', suspended_reason = ? WHERE sub = ? AND state <> 'suspended'
   AND NOT EXISTS (SELECT 1 FROM mailboxes WHERE guest_sub = guests.sub AND counted_refusals < ?)`,
);
const undoSuspension = query<{ sub: string }>(
  `UPDATE guests SET state = CASE WHEN EXISTS (SELECT 1 FROM mailboxes WHERE guest_sub = guests.sub AND verified_at IS NOT NULL) THEN 'active' ELSE 'invited' END,
   suspended_reason = NULL, ${newVersion} WHERE sub = (SELECT guest_sub FROM mailboxes WHERE id = ?) AND state = 'suspended' AND suspended_reason = ? RETURNING sub`,
);
const selectMarked = query<{ mailboxes: number }>("SELECT count(*) AS mailboxes FROM mailboxes WHERE undeliverable_since IS NOT NULL");
const removeOldRows = removal("mailbox_refusals", "id", "at <= ?");
const removeOldWaves = removal("refusal_waves", "wave", "seen_at <= ?");

export async function insert(
  db: Db,
  mailbox: { id: string; sub: string; verifiedAt: number | null; from?: string | undefined },
): Promise<void> {
  await insertRow(db, mailbox.id, mailbox.sub, mailbox.verifiedAt, entry(mailbox.from));
}

/** Those without an alias. */
export async function removeUnused(db: Db, sub: string): Promise<void> {
  await deleteUnused(db, sub);
}

export async function forgetProof(db: Db, mailboxId: string): Promise<void> {
  await forgetProofRow(db, mailboxId);
}

/**
 * Records proof of the mailbox behind an address.
 * @param from the mark of the network, 16 digits
 * @returns its guest, or undefined if nobody has the address
 */
export async function prove(db: Db, key: string, { at, from }: { at: number; from: string | undefined }): Promise<ProvenGuest | undefined> {
  const row = (await updateProof(db, at, entry(from), entry(from), key))[0];
  if (!row) return undefined;
  const { sub, state, expires_at: expiresAt, mailbox_id: mailboxId } = row;
  return { sub, state, expiresAt, openInvitations: Number(row.open_invitations), mailboxId };
}

/** Whether the mailbox behind an address was proven from the network with this mark: one of the last ten. */
export async function wasProvenFrom(db: Db, key: string, mark: string): Promise<boolean> {
  return (await selectProvenFrom(db, key, `%${entry(mark)}%`)).length > 0;
}

/** Gives the guest who has the address a new version, and locks it for the rest of the transaction. @returns its sub */
export async function holdOwner(db: Db, key: string, at: number): Promise<string | undefined> {
  return (await touchOwner(db, at, at, key))[0]?.sub;
}

/** Locks the wave for the rest of the transaction; a wave that continues lasts until `until`. @returns when it ends, 0 if it is not a wave */
export async function holdWave(db: Db, wave: string, at: number, until: number): Promise<number> {
  return (await upsertWave(db, wave, at, until))[0]?.ends_at ?? 0;
}

export async function waveEnd(db: Db, wave: string): Promise<number> {
  return (await selectWave(db, wave))[0]?.ends_at ?? 0;
}

export async function beginWave(db: Db, wave: string, until: number): Promise<void> {
  await beginWaveRow(db, until, wave);
}

export interface NewRefusal {
  key: string;
  status: string;
  reason: string;
  wave: string;
  /** Counts towards suspending the guest, unless another refusal did since `countedAfter`. */
  counts: boolean;
  countedAfter: number;
  at: number;
  writtenAt: number;
}

/** @returns the mailbox and how often it has refused, or undefined if it was proven after the mail was written */
export async function refuse(db: Db, refusal: NewRefusal): Promise<{ id: number; mailboxId: string; refusals: number } | undefined> {
  const { key, status, reason, wave, counts, countedAfter, at, writtenAt } = refusal;
  const [row] = await insertRefusal(db, at, wave, counts ? 1 : 0, countedAfter, key, writtenAt);
  if (!row) return undefined;
  const [counted] = await countRefusal(db, row.counted, at, status, reason, row.mailbox_id);
  return { id: row.id, mailboxId: row.mailbox_id, refusals: counted?.refusals ?? 0 };
}

/** How many mailboxes are part of it since then, and when it began. */
export async function sizeOf(db: Db, wave: string, after: number): Promise<{ mailboxes: number; since: number }> {
  const [row] = await countMailboxes(db, wave, after);
  return { mailboxes: row?.mailboxes ?? 0, since: row?.since ?? after };
}

/** Forgets the refusals of the wave since then. @returns the refusals that they had counted and the guests that they had suspended */
export async function takeRefusals(
  db: Db,
  wave: string,
  after: number,
): Promise<{ mailboxId: string; counted: number; suspendedAs: string | null }[]> {
  const rows = await deleteRefusals(db, wave, after);
  return rows.map(({ mailbox_id, counted, suspended_as }) => ({ mailboxId: mailbox_id, counted, suspendedAs: suspended_as }));
}

/** @returns the guest, and how many refusals are left; undefined if a proof cleared them all */
export async function takeBack(
  db: Db,
  mailboxId: string,
  refusals: number,
  counted: number,
): Promise<{ sub: string; refusals: number } | undefined> {
  const [row] = await uncount(db, refusals, refusals, counted, counted, refusals, refusals, refusals, mailboxId);
  return row && { sub: row.guest_sub, refusals: row.refusals };
}

/** @returns the guest, if it is still suspended for that reason */
export async function undoSuspensionOf(db: Db, mailboxId: string, suspendedAs: string, at: number): Promise<string | undefined> {
  return (await undoSuspension(db, at, at, mailboxId, suspendedAs))[0]?.sub;
}

export async function noteSuspended(db: Db, id: number, suspendedAs: string): Promise<void> {
  await noteSuspension(db, suspendedAs, id);
}

export async function tellLater(db: Db, id: number, at: number): Promise<void> {
  await noteTellAt(db, at, id);
}

/** Marks that are due to be reported, each to one caller. */
export async function takeUntold(db: Db, now: number): Promise<{ mailboxId: string; suspended: boolean }[]> {
  return (await takeToTell(db, now)).map(({ mailbox_id, suspended_as }) => ({ mailboxId: mailbox_id, suspended: suspended_as !== null }));
}

export async function findMark(
  db: Db,
  mailboxId: string,
): Promise<{ sub: string; address: string; status: string; reason: string } | undefined> {
  const [row] = await selectMark(db, mailboxId);
  return row && { sub: row.guest_sub, address: row.address, status: row.refusal_status, reason: row.refusal_reason };
}

export async function forgetRefusals(db: Db, sub: string): Promise<void> {
  await clearRefusals(db, sub);
}

/** Suspends a guest if each of the mailboxes refused this often. @returns false if one did not, or the guest is suspended already */
export async function suspendUnreachable(db: Db, sub: string, reason: string, refusals: number): Promise<boolean> {
  return (await updateSuspended(db, reason, sub, refusals)) === 1;
}

export async function countUndeliverable(db: Db): Promise<number> {
  return (await selectMarked(db))[0]?.mailboxes ?? 0;
}

export async function removeOldRefusals(db: Db, before: number): Promise<void> {
  await removeOldRows(db, before);
  await removeOldWaves(db, before);
}

/** Moves all mailboxes of a guest to another one. */
export async function move(db: Db, from: string, to: string): Promise<void> {
  await moveRows(db, to, from);
}

function entry(mark: string | undefined): string {
  return mark === undefined ? "" : `${mark} `;
}
