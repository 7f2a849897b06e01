import type { Db } from "../database.ts";
import { query, type Value } from "../statements.ts";
import type { Invitation, InvitationState } from "./invitation.ts";
import { type InvitationRow, invitationColumns, toInvitation, withParts } from "./invitation-store.ts";

export interface InvitationFilter {
  clientId?: string;
  /** One that was merged away stands for the survivor. */
  guestSub?: string;
  /** The canonical form of the sponsor's address. */
  sponsorKey?: string;
  /** The canonical form of the invited address. */
  addressKey?: string;
  /** At the moment `now`. */
  state?: InvitationState;
}

/** What `stateOf` in invitation.ts says, for the database. Each takes the time as often as there is a question mark. */
const states: Record<InvitationState, string> = {
  revoked: "i.revoked_at IS NOT NULL",
  redeemed: "i.revoked_at IS NULL AND i.redeemed_at IS NOT NULL AND (i.access_ends_at IS NULL OR i.access_ends_at > ?)",
  expired: "i.revoked_at IS NULL AND (i.access_ends_at <= ? OR (i.redeemed_at IS NULL AND i.redeem_by <= ?))",
  pending: "i.revoked_at IS NULL AND i.redeemed_at IS NULL AND i.redeem_by > ? AND (i.access_ends_at IS NULL OR i.access_ends_at > ?)",
};

/** The newest first, before the given place. */
export async function list(
  db: Db,
  filter: InvitationFilter,
  limit: number,
  now: number,
  before?: { createdAt: number; id: string },
): Promise<Invitation[]> {
  const conditions: string[] = [];
  const values: Value[] = [];
  const where = (condition: string, ...given: Value[]) => {
    conditions.push(condition);
    values.push(...given);
  };
  if (filter.clientId !== undefined) where("i.client_id = ?", filter.clientId);
  if (filter.guestSub !== undefined)
    where("i.guest_sub IN (?, (SELECT sub FROM merged_guests WHERE lost_sub = ?))", filter.guestSub, filter.guestSub);
  if (filter.sponsorKey !== undefined) where("i.sponsor_key = ?", filter.sponsorKey);
  if (filter.addressKey !== undefined) where("a.address_key = ?", filter.addressKey);
  if (filter.state !== undefined) where(states[filter.state], ...[...states[filter.state].matchAll(/\?/g)].map(() => now));
  if (before) where("(i.created_at, i.id) < (?, ?)", before.createdAt, before.id);
  const condition = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
  const select = query<InvitationRow>(
    `SELECT ${invitationColumns} ${withParts} ${condition} ORDER BY i.created_at DESC, i.id DESC LIMIT ?`,
  );
  return (await select(db, ...values, limit)).map(toInvitation);
}
