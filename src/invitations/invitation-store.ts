import { skew } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { command, listed, nearest, query } from "../database/statements.ts";
import type { Invitation, InviteRequest } from "./invitation.ts";

export interface InvitationRow {
  id: string;
  client_id: string;
  application_name: string;
  application_policy: string;
  guest_sub: string;
  guest_locale: string | null;
  address: string;
  mailbox_id: string;
  verified_at: number | null;
  target_url: string;
  label: string | null;
  sponsor_name: string | null;
  sponsor_email: string | null;
  message: string | null;
  reverification_days: number | null;
  created_at: number;
  updated_at: number;
  redeem_by: number;
  access_ends_at: number | null;
  redeemed_at: number | null;
  revoked_at: number | null;
  mail_id: string | null;
}

export interface NewInvitation
  extends Omit<InviteRequest, "application" | "address" | "name" | "givenName" | "familyName" | "locale" | "sendMail" | "discreet"> {
  id: string;
  clientId: string;
  guestSub: string;
  aliasId: number;
  /** The canonical form of the sponsor's address. */
  sponsorKey: string | null;
  at: number;
}

export const invitationColumns = `i.id, i.client_id, p.name AS application_name, p.policy AS application_policy, i.guest_sub, g.locale AS guest_locale, a.address, a.mailbox_id, m.verified_at, i.target_url, i.label, i.sponsor_name, i.sponsor_email, i.message,
  i.reverification_days, i.created_at, i.updated_at, i.redeem_by, i.access_ends_at, i.redeemed_at, i.revoked_at, i.mail_id`;
/** With those to applications that were removed. */
export const withRemoved = `FROM invitations i JOIN aliases a ON a.id = i.alias_id JOIN mailboxes m ON m.id = a.mailbox_id
  JOIN guests g ON g.sub = i.guest_sub JOIN applications p ON p.client_id = i.client_id`;
const withParts = `${withRemoved} AND p.removed_at IS NULL`;
/** Redeemed or redeemable, and not ended. Takes the time twice. */
const live =
  "i.revoked_at IS NULL AND (i.access_ends_at IS NULL OR i.access_ends_at > ?) AND (i.redeemed_at IS NOT NULL OR i.redeem_by > ?)";
/** Takes the time twice. Versions only grow, so that a change is never taken for the one before it. */
const newVersion = "updated_at = CASE WHEN updated_at < ? THEN ? ELSE updated_at + 1 END";

/** Takes 1 if a value was given, null included. */
const ifGiven = (column: string) => `${column} = CASE WHEN CAST(? AS integer) = 1 THEN excluded.${column} ELSE invitations.${column} END`;

const upsertRow = query<{ id: string }>(
  `INSERT INTO invitations (id, client_id, guest_sub, alias_id, target_url, label, sponsor_name, sponsor_email, sponsor_key, message, reverification_days, created_at, updated_at, redeem_by, access_ends_at, guest_created_at)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT created_at FROM guests WHERE sub = ?))
   ON CONFLICT (alias_id, client_id, target_url) WHERE revoked_at IS NULL DO UPDATE SET
   ${["label", "sponsor_name", "sponsor_email", "sponsor_key", "message", "reverification_days"].map(ifGiven).join(", ")},
   updated_at = CASE WHEN invitations.updated_at < excluded.updated_at THEN excluded.updated_at ELSE invitations.updated_at + 1 END,
   redeem_by = CASE WHEN CAST(? AS integer) = 1 AND invitations.redeem_by > excluded.redeem_by THEN invitations.redeem_by ELSE excluded.redeem_by END,
   fresh_asked_at = NULL,
   access_ends_at = CASE WHEN CAST(? AS integer) = 1 OR invitations.access_ends_at <= excluded.updated_at THEN excluded.access_ends_at ELSE invitations.access_ends_at END
   RETURNING id`,
);
const select = (where: string) => query<InvitationRow>(`SELECT ${invitationColumns} ${withParts} WHERE ${where}`);
const selectOne = select("i.id = ?");
const selectSame = select("i.alias_id = ? AND i.client_id = ? AND i.target_url = ? AND i.revoked_at IS NULL");
const selectLive = select(`i.guest_sub = ? AND i.client_id = ? AND ${live}`);
const selectHeld = (guests: string) => select(`i.guest_sub IN (${guests}) AND i.client_id = ? AND i.revoked_at IS NULL`);
// CROSS JOIN makes SQLite go from the address to its invitations. Left to choose without statistics, it scans all invitations of the
// application, but only if the address is known, which the time would reveal. For the same reason an address that nobody has reads
// its neighbour's invitations.
const selectLiveFor = query<{ address_key: string }>(
  `SELECT typed.address_key FROM aliases typed CROSS JOIN aliases a CROSS JOIN invitations i
   WHERE typed.address_key = ${nearest("aliases", "address_key")} AND a.mailbox_id = typed.mailbox_id AND i.alias_id = a.id AND i.client_id = ? AND ${live} LIMIT 1`,
);
const existsRedeemed = query<{ found: number }>(
  "SELECT 1 AS found FROM invitations WHERE guest_sub = ? AND client_id = ? AND redeemed_at IS NOT NULL LIMIT 1",
);
const redeemRows = query<{ id: string }>(
  `UPDATE invitations SET redeemed_at = ?, ${newVersion} WHERE guest_sub = ? AND client_id = ? AND redeemed_at IS NULL AND revoked_at IS NULL AND redeem_by > ?
   AND (access_ends_at IS NULL OR access_ends_at > ?)
   AND alias_id IN (SELECT a.id FROM aliases a JOIN mailboxes m ON m.id = a.mailbox_id WHERE a.guest_sub = ? AND m.verified_at >= ?) RETURNING id`,
);
const revokeRow = command(`UPDATE invitations SET revoked_at = ?, ${newVersion} WHERE id = ? AND revoked_at IS NULL`);
const extendRow = command(
  "UPDATE invitations SET redeem_by = ?, access_ends_at = ?, updated_at = ?, fresh_asked_at = NULL WHERE id = ? AND revoked_at IS NULL AND updated_at = ?",
);
const askFreshRow = command(
  "UPDATE invitations SET fresh_asked_at = ? WHERE id = ? AND (fresh_asked_at IS NULL OR fresh_asked_at < ? OR fresh_asked_at > ?)",
);
const updateMail = command("UPDATE invitations SET mail_id = ? WHERE id = ?");
const moveRows = command(
  `UPDATE invitations SET guest_sub = ?, guest_created_at = (SELECT created_at FROM guests WHERE sub = ?), ${newVersion} WHERE guest_sub = ?`,
);
const forgetSponsorRows = command(
  `UPDATE invitations SET sponsor_name = NULL, sponsor_email = NULL, sponsor_key = NULL, message = NULL, ${newVersion} WHERE sponsor_key = ?`,
);

/** Without a given end of access, a future one stays. @returns the id of the extended or the new invitation */
export async function upsert(db: Db, n: NewInvitation): Promise<string> {
  const [row] = await upsertRow(
    db,
    n.id,
    n.clientId,
    n.guestSub,
    n.aliasId,
    n.targetUrl ?? "",
    n.label ?? null,
    n.sponsorName ?? null,
    n.sponsorEmail ?? null,
    n.sponsorKey,
    n.message ?? null,
    n.reverificationDays ?? null,
    n.at,
    n.at,
    n.redeemBy,
    n.accessEndsAt ?? null,
    n.guestSub,
    ...[n.label, n.sponsorName, n.sponsorEmail, n.sponsorEmail, n.message, n.reverificationDays].map((value) =>
      value === undefined ? 0 : 1,
    ),
    n.keepsLater ? 1 : 0,
    n.accessEndsAt === undefined ? 0 : 1,
  );
  return row?.id as string;
}

export async function find(db: Db, id: string): Promise<Invitation | undefined> {
  return (await selectOne(db, id)).map(toInvitation)[0];
}

/** The one that inviting again extends. */
export async function findSame(db: Db, { aliasId, clientId, targetUrl }: NewInvitation): Promise<Invitation | undefined> {
  return (await selectSame(db, aliasId, clientId, targetUrl ?? "")).map(toInvitation)[0];
}

export async function liveOf(db: Db, guestSub: string, clientId: string, now: number): Promise<Invitation[]> {
  return (await selectLive(db, guestSub, clientId, now, now)).map(toInvitation);
}

export async function heldBy(db: Db, guestSubs: string[], clientId: string): Promise<Invitation[]> {
  const [marks, subs] = listed(guestSubs);
  return (await selectHeld(marks)(db, ...subs, clientId)).map(toInvitation);
}

export async function hasLiveFor(db: Db, addressKey: string, clientId: string, now: number): Promise<boolean> {
  return (await selectLiveFor(db, addressKey, clientId, now, now))[0]?.address_key === addressKey;
}

/** Redeems what is pending for the application and was sent to a mailbox proven since the given moment. @returns the ids */
export async function redeem(db: Db, guestSub: string, clientId: string, now: number, provenSince: number): Promise<string[]> {
  return (await redeemRows(db, now, now, now, guestSub, clientId, now, now, guestSub, provenSince)).map((row) => row.id);
}

/** Whether the guest ever came to the application through an invitation. */
export async function hasRedeemed(db: Db, guestSub: string, clientId: string): Promise<boolean> {
  return (await existsRedeemed(db, guestSub, clientId)).length > 0;
}

export async function revoke(db: Db, id: string, at: number): Promise<boolean> {
  return (await revokeRow(db, at, at, at, id)) === 1;
}

/** @returns false if it was changed or revoked since `version` (its updatedAt) */
export async function extend(
  db: Db,
  id: string,
  dates: { redeemBy: number; accessEndsAt: number | null; at: number; version: number },
): Promise<boolean> {
  return (await extendRow(db, dates.redeemBy, dates.accessEndsAt, dates.at, id, dates.version)) === 1;
}

/** @returns false if the guest has already asked since the given moment */
export async function askFresh(db: Db, id: string, at: number, unlessSince: number): Promise<boolean> {
  return (await askFreshRow(db, at, id, unlessSince, at + skew)) === 1;
}

/** Records which mail was the last one. This is not a new version of the invitation. */
export async function mailed(db: Db, id: string, mailId: string): Promise<void> {
  await updateMail(db, mailId, id);
}

export async function move(db: Db, from: string, to: string, at: number): Promise<void> {
  await moveRows(db, to, to, at, at, from);
}

/** Removes a sponsor, and what they wrote, from invitations; the invitations stay. */
export async function forgetSponsor(db: Db, key: string, at: number): Promise<void> {
  await forgetSponsorRows(db, at, at, key);
}

export function toInvitation(row: InvitationRow): Invitation {
  const policy = JSON.parse(row.application_policy) as { supportAddress?: string | null; colour?: string | null };
  return {
    id: row.id,
    clientId: row.client_id,
    applicationName: row.application_name,
    applicationSupport: policy.supportAddress ?? null,
    applicationColour: policy.colour ?? null,
    guestSub: row.guest_sub,
    guestLocale: row.guest_locale,
    address: row.address,
    mailboxId: row.mailbox_id,
    verifiedAt: row.verified_at,
    targetUrl: row.target_url === "" ? null : row.target_url,
    label: row.label,
    sponsorName: row.sponsor_name,
    sponsorEmail: row.sponsor_email,
    message: row.message,
    reverificationDays: row.reverification_days,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    redeemBy: row.redeem_by,
    accessEndsAt: row.access_ends_at,
    redeemedAt: row.redeemed_at,
    revokedAt: row.revoked_at,
    mailId: row.mail_id,
  };
}
