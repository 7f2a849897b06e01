import type { Db } from "../database/database.ts";
import { command, listed, nearest, query } from "../database/statements.ts";
import type { Guest, GuestChange, GuestState, Owner } from "./guest.ts";

interface GuestRow {
  sub: string;
  state: GuestState;
  name: string | null;
  given_name: string | null;
  family_name: string | null;
  locale: string | null;
  email: string;
  verified_at: number | null;
  undeliverable_since: number | null;
  proven_at: number | null;
  suspended_reason: string | null;
  notes: string | null;
  external_id: string | null;
  expires_at: number | null;
  reverification_days: number | null;
  erasure_asked_at: number | null;
  erasure_declined_at: number | null;
  erasure_declined_why: string | null;
  created_at: number;
  updated_at: number;
}

interface OwnerRow extends Pick<GuestRow, "sub" | "state" | "locale" | "expires_at"> {
  recorded: string;
  alias_id: number;
  address_key: string;
}

export const guestColumns = `g.sub, g.state, g.name, g.given_name, g.family_name, g.locale, p.address AS email, m.verified_at, m.undeliverable_since,
  (SELECT MAX(verified_at) FROM mailboxes WHERE guest_sub = g.sub) AS proven_at, g.suspended_reason, g.notes, g.external_id,
  g.expires_at, g.reverification_days, g.erasure_asked_at, g.erasure_declined_at, g.erasure_declined_why, g.created_at, g.updated_at`;
export const withPrimary = "JOIN aliases p ON p.guest_sub = g.sub AND p.is_primary = 1 JOIN mailboxes m ON m.id = p.mailbox_id";

const selectBySub = query<GuestRow>(`SELECT ${guestColumns} FROM guests g ${withPrimary} WHERE g.sub = ?`);
const selectBySubs = (subs: string) => query<GuestRow>(`SELECT ${guestColumns} FROM guests g ${withPrimary} WHERE g.sub IN (${subs})`);
const selectMerged = query<GuestRow>(
  `SELECT ${guestColumns} FROM merged_guests x JOIN guests g ON g.sub = x.sub ${withPrimary} WHERE x.lost_sub = ?`,
);
// A sign-in runs this for every typed address: it reads two rows, and only what its callers need. An address that
// nobody has reads those of its neighbour, so that the time reveals nothing.
const selectOwner = query<OwnerRow>(
  `SELECT g.sub, g.state, g.locale, g.expires_at, a.address AS recorded, a.id AS alias_id, a.address_key
   FROM aliases a JOIN guests g ON g.sub = a.guest_sub WHERE a.address_key = ${nearest("aliases", "address_key")}`,
);
const insertGuest = command(
  `INSERT INTO guests (sub, state, name, given_name, family_name, locale, notes, external_id, expires_at, reverification_days, created_at, updated_at)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
);
const deleteGuest = command("DELETE FROM guests WHERE sub = ?");
/** Takes the time twice. Versions only grow, so that a change is never mistaken for the one before it. */
export const newVersion = "updated_at = CASE WHEN updated_at < ? THEN ? ELSE updated_at + 1 END";
const updateActive = command(`UPDATE guests SET state = 'active', ${newVersion} WHERE sub = ? AND state = 'invited'`);
const updateSuspended = command(
  `UPDATE guests SET state = 'suspended', suspended_reason = ?, ${newVersion} WHERE sub = ? AND state <> 'suspended'`,
);
const updateResumed = command(
  `UPDATE guests SET state = CASE WHEN EXISTS (SELECT 1 FROM mailboxes WHERE guest_sub = guests.sub AND verified_at IS NOT NULL) THEN 'active' ELSE 'invited' END,
   suspended_reason = NULL, ${newVersion} WHERE sub = ? AND state = 'suspended'`,
);
const updateRow = command(
  `UPDATE guests SET name = ?, given_name = ?, family_name = ?, locale = ?, notes = ?, external_id = ?, expires_at = ?, reverification_days = ?, updated_at = ?
   WHERE sub = ? AND updated_at = ?`,
);
const askErasure = command(
  `UPDATE guests SET erasure_asked_at = ?, erasure_declined_at = NULL, erasure_declined_why = NULL, ${newVersion}
   WHERE sub = ? AND erasure_asked_at IS NULL`,
);
const refuseErasure = command(
  `UPDATE guests SET erasure_asked_at = NULL, erasure_declined_at = ?, erasure_declined_why = ?, ${newVersion}
   WHERE sub = ? AND erasure_asked_at IS NOT NULL`,
);
const withdrawErasure = command(`UPDATE guests SET erasure_asked_at = NULL, ${newVersion} WHERE sub = ? AND erasure_asked_at IS NOT NULL`);
const touchRow = command(`UPDATE guests SET ${newVersion} WHERE sub = ?`);
const touchVersion = command(`UPDATE guests SET ${newVersion} WHERE sub = ? AND updated_at = ?`);
const holdRow = command("UPDATE guests SET state = state WHERE sub = ?");
const selectLost = query<{ lost_sub: string }>("SELECT lost_sub FROM merged_guests WHERE sub = ?");
const insertMergedRow = command("INSERT INTO merged_guests (lost_sub, sub, merged_at) VALUES (?, ?, ?)");
const updateToStricter = command(
  `UPDATE guests SET (reverification_days, expires_at) = (SELECT MIN(reverification_days), MIN(expires_at) FROM guests WHERE sub IN (?, ?))
   WHERE sub = ?`,
);
const moveMergedRows = command("UPDATE merged_guests SET sub = ? WHERE sub = ?");

const countStates = query<{ state: GuestState; guests: number }>("SELECT state, count(*) AS guests FROM guests GROUP BY state");

export async function countByState(db: Db): Promise<Record<GuestState, number>> {
  const counted = (await countStates(db)).map(({ state, guests }) => [state, Number(guests)]);
  return { invited: 0, active: 0, suspended: 0, ...Object.fromEntries(counted) };
}

export async function findBySub(db: Db, sub: string): Promise<Guest | undefined> {
  return toGuest((await selectBySub(db, sub))[0]);
}

export async function findAllBySub(db: Db, guestSubs: string[]): Promise<Guest[]> {
  const [marks, subs] = listed(guestSubs);
  return (await selectBySubs(marks)(db, ...subs)).flatMap((row) => toGuest(row) ?? []);
}

/** The guest into whom the guest with this sub was merged. */
export async function findSurvivor(db: Db, lostSub: string): Promise<Guest | undefined> {
  return toGuest((await selectMerged(db, lostSub))[0]);
}

/** The guest who has the address, however it is written. */
export async function findOwner(db: Db, key: string): Promise<Owner | undefined> {
  const row = (await selectOwner(db, key))[0];
  if (row?.address_key !== key) return undefined;
  return { sub: row.sub, state: row.state, locale: row.locale, expiresAt: row.expires_at, recorded: row.recorded, aliasId: row.alias_id };
}

export async function insert(db: Db, guest: { sub: string; state: GuestState; at: number } & GuestChange): Promise<void> {
  const {
    sub,
    state,
    at,
    name = null,
    givenName = null,
    familyName = null,
    locale = null,
    notes = null,
    externalId = null,
    expiresAt = null,
    reverificationDays = null,
  } = guest;
  await insertGuest(db, sub, state, name, givenName, familyName, locale, notes, externalId, expiresAt, reverificationDays, at, at);
}

/** The survivor's own reverification period becomes the shorter of the two, and the end the earlier of the two, if either has one. */
export async function takeStricter(db: Db, sub: string, other: string): Promise<void> {
  await updateToStricter(db, sub, other, sub);
}

export async function remove(db: Db, sub: string): Promise<boolean> {
  return (await deleteGuest(db, sub)) === 1;
}

export async function activate(db: Db, sub: string, at: number): Promise<void> {
  await updateActive(db, at, at, sub);
}

export async function suspend(db: Db, sub: string, reason: string, at: number): Promise<boolean> {
  return (await updateSuspended(db, reason, at, at, sub)) === 1;
}

export async function resume(db: Db, sub: string, at: number): Promise<boolean> {
  return (await updateResumed(db, at, at, sub)) === 1;
}

/** @returns false if it was asked for already, or the guest is gone */
export async function askForErasure(db: Db, sub: string, at: number): Promise<boolean> {
  return (await askErasure(db, at, at, at, sub)) === 1;
}

/** @returns false if it was not asked for */
export async function takeErasureBack(db: Db, sub: string, at: number): Promise<boolean> {
  return (await withdrawErasure(db, at, at, sub)) === 1;
}

/** @returns false if it was not asked for */
export async function declineErasure(db: Db, sub: string, why: string, at: number): Promise<boolean> {
  return (await refuseErasure(db, at, why, at, at, sub)) === 1;
}

/** @returns false if the guest changed since `guest` was read */
export async function update(db: Db, guest: Guest, change: GuestChange, at: number): Promise<boolean> {
  const after = { ...guest, ...change };
  const { name, givenName, familyName, locale, notes, externalId, expiresAt, reverificationDays } = after;
  return (
    (await updateRow(
      db,
      name,
      givenName,
      familyName,
      locale,
      notes,
      externalId,
      expiresAt,
      reverificationDays,
      at,
      guest.sub,
      guest.updatedAt,
    )) === 1
  );
}

/** Gives the guest a new version, and locks it for the rest of the transaction. @returns false if it is gone, or no longer `version` */
export async function touch(db: Db, sub: string, at: number, version?: number): Promise<boolean> {
  return (version === undefined ? await touchRow(db, at, at, sub) : await touchVersion(db, at, at, sub, version)) === 1;
}

/** Locks the guest for the rest of the transaction, unchanged. @returns false if it is gone */
export async function hold(db: Db, sub: string): Promise<boolean> {
  return (await holdRow(db, sub)) === 1;
}

/** The subs that were lost to this one. */
export async function lostTo(db: Db, sub: string): Promise<string[]> {
  return (await selectLost(db, sub)).map((row) => row.lost_sub);
}

/** The lost sub, and those that were lost to it before, answer with the survivor. */
export async function rememberMerged(db: Db, lostSub: string, sub: string, at: number): Promise<void> {
  await moveMergedRows(db, sub, lostSub);
  await insertMergedRow(db, lostSub, sub, at);
}

export function toGuest(row: GuestRow): Guest;
export function toGuest(row: GuestRow | undefined): Guest | undefined;
export function toGuest(row: GuestRow | undefined): Guest | undefined {
  if (!row) return undefined;
  return {
    sub: row.sub,
    state: row.state,
    name: row.name,
    givenName: row.given_name,
    familyName: row.family_name,
    locale: row.locale,
    email: row.email,
    verifiedAt: row.verified_at,
    undeliverableSince: row.undeliverable_since,
    provenAt: row.proven_at,
    suspendedReason: row.suspended_reason,
    notes: row.notes,
    externalId: row.external_id,
    expiresAt: row.expires_at,
    reverificationDays: row.reverification_days,
    erasureAskedAt: row.erasure_asked_at,
    erasureDeclined: row.erasure_declined_at === null ? null : { at: row.erasure_declined_at, why: row.erasure_declined_why ?? "" },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
