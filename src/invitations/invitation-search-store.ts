// Lists of invitations, the newest first. However many there are, a page is a matter of milliseconds: what is asked for is looked up
// where that finds few. Otherwise it is looked for on a walk through all of them, or through those to the application, in their order,
// which goes no further than `window` at a time: such a page may be shorter than it could be.
import type { Db } from "../database.ts";
import { allOf, listed, query, type Sql } from "../statements.ts";
import { idsInOrder, idsSorted, placeAfter } from "../walk.ts";
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

/** In the order of the first invitation. */
export interface InvitationPlace {
  createdAt: number;
  id: string;
}

export interface InvitationPage {
  invitations: Invitation[];
  /** Where the next page begins; null on the last one. */
  next: InvitationPlace | null;
}

const invitations = { table: "invitations", as: "i", time: "created_at" };

/** What `stateOf` in invitation.ts says, for the database. Each takes the time as often as there is a question mark. */
const states: Record<InvitationState, string> = {
  revoked: "i.revoked_at IS NOT NULL",
  redeemed: "i.revoked_at IS NULL AND i.redeemed_at IS NOT NULL AND (i.access_ends_at IS NULL OR i.access_ends_at > ?)",
  expired: "i.revoked_at IS NULL AND (i.access_ends_at <= ? OR (i.redeemed_at IS NULL AND i.redeem_by <= ?))",
  pending: "i.revoked_at IS NULL AND i.redeemed_at IS NULL AND i.redeem_by > ? AND (i.access_ends_at IS NULL OR i.access_ends_at > ?)",
};

/** So many are chosen among one by one; so many are walked past for one page. Given otherwise by tests only. */
const usual = { few: 500, window: 2500 };

/** The newest first, before the given place. */
export async function list(
  db: Db,
  filter: InvitationFilter,
  limit: number,
  now: number,
  before?: InvitationPlace,
  strides = usual,
): Promise<InvitationPage> {
  const { clientId, state } = filter;
  const walked: Sql[] = [
    ...(clientId === undefined ? [] : [["i.client_id = ?", clientId] satisfies Sql]),
    ...(before ? [["(i.created_at, i.id) < (?, ?)", before.createdAt, before.id] satisfies Sql] : []),
  ];
  const indexed = lookedUp(filter);
  const rest: Sql[] = [...indexed, ...(state === undefined ? [] : [inState(state, now)])];
  const few = await fewFound(db, clientId, indexed, strides.few);
  const end = few || rest.length === 0 ? undefined : await placeAfter(db, invitations, strides.window, walked);
  const [page, ...values] = few
    ? idsSorted(invitations, [...walked, among(few), ...rest])
    : idsInOrder(invitations, walked, rest, strides.window);
  const select = query<InvitationRow>(
    `SELECT ${invitationColumns} ${withParts} WHERE i.id IN (${page} LIMIT ?) ORDER BY i.created_at DESC, i.id DESC`,
  );
  const found = (await select(db, ...values, limit)).map(toInvitation);
  const next = end ? { createdAt: end.time, id: end.id } : null;
  return { invitations: found, next: found.length === limit ? (found.at(-1) ?? null) : next };
}

/** What an index finds, in no order. */
function lookedUp({ guestSub, sponsorKey, addressKey }: InvitationFilter): Sql[] {
  const merged = "(SELECT sub FROM merged_guests WHERE lost_sub = ?)";
  return [
    ...(guestSub === undefined ? [] : [[`i.guest_sub IN (?, ${merged})`, guestSub, guestSub] satisfies Sql]),
    ...(addressKey === undefined ? [] : [["i.alias_id = (SELECT id FROM aliases WHERE address_key = ?)", addressKey] satisfies Sql]),
    ...(sponsorKey === undefined ? [] : [["i.sponsor_key = ?", sponsorKey] satisfies Sql]),
  ];
}

function inState(state: InvitationState, now: number): Sql {
  return [states[state], ...[...states[state].matchAll(/\?/g)].map(() => now)];
}

/** @returns those of one condition, where they are few: the application's own, so that it learns nothing of others' from where a page ends */
async function fewFound(db: Db, clientId: string | undefined, found: Sql[], few: number): Promise<string[] | undefined> {
  // Not by the index of the application, which may have very many.
  const own: Sql[] = clientId === undefined ? [] : [["COALESCE(i.client_id, '') = ?", clientId]];
  for (const condition of found) {
    const [where, ...values] = allOf([condition, ...own]);
    const rows = await query<{ id: string }>(`SELECT i.id FROM invitations i ${where} LIMIT ?`)(db, ...values, few + 1);
    if (rows.length <= few) return rows.map(({ id }) => id);
  }
  return undefined;
}

function among(ids: string[]): Sql {
  const [marks, values] = listed(ids);
  return [`i.id IN (${marks})`, ...values];
}
