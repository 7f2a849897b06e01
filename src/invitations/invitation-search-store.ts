// Lists of invitations, newest first. However many there are, a page takes milliseconds: a filter is looked up if it matches few.
// Otherwise it is checked on a walk through all invitations, or those to the application, in order, which goes no further than
// `window` at a time, so such a page may be shorter than it could be.
import type { Db } from "../database/database.ts";
import { allOf, listed, query, type Sql } from "../database/statements.ts";
import { idsInOrder, idsSorted, placeAfter } from "../database/walk.ts";
import type { Invitation, InvitationState, MailTrouble } from "./invitation.ts";
import { type InvitationRow, invitationColumns, toInvitation, withRemoved } from "./invitation-store.ts";

export interface InvitationFilter {
  clientId?: string;
  /** The sub of a merged guest means the survivor. */
  guestSub?: string;
  /** The canonical form of the sponsor's address. */
  sponsorKey?: string;
  /** The canonical form of the invited address. */
  addressKey?: string;
  /** At the moment `now`. */
  state?: InvitationState;
  /** It is live now, and before this moment (milliseconds) it can no longer be redeemed or its access ends. */
  endsBefore?: number;
  /** The problem with its last mail. */
  mail?: MailTrouble;
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

/** The rules of `stateOf` in invitation.ts, as SQL. Each takes the time once for each question mark. */
const states: Record<InvitationState, string> = {
  revoked: "i.revoked_at IS NOT NULL",
  redeemed: "i.revoked_at IS NULL AND i.redeemed_at IS NOT NULL AND (i.access_ends_at IS NULL OR i.access_ends_at > ?)",
  expired: "i.revoked_at IS NULL AND (i.access_ends_at <= ? OR (i.redeemed_at IS NULL AND i.redeem_by <= ?))",
  pending: "i.revoked_at IS NULL AND i.redeemed_at IS NULL AND i.redeem_by > ? AND (i.access_ends_at IS NULL OR i.access_ends_at > ?)",
};

/** Of the last mail. */
const troubles: Record<MailTrouble, string> = {
  delayed: "o.state = 'queued' AND o.attempts > 0",
  refused: "o.state IN ('parked', 'failed')",
  bounced: "o.state = 'sent' AND o.bounced_at IS NOT NULL",
  expired: "o.state = 'expired'",
};

/** How many are examined one by one, and how many are walked past for one page. Only tests change them. */
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
  const { clientId, state, mail } = filter;
  const walked: Sql[] = [
    ...(clientId === undefined ? [] : [["i.client_id = ?", clientId] satisfies Sql]),
    ...(before ? [["(i.created_at, i.id) < (?, ?)", before.createdAt, before.id] satisfies Sql] : []),
  ];
  const indexed = lookedUp(filter, now);
  const rest: Sql[] = [
    ...indexed,
    ...(state === undefined ? [] : [inState(state, now)]),
    ...(mail === undefined ? [] : [withTrouble(mail)]),
  ];
  const few = await fewFound(db, clientId, indexed, strides.few);
  const end = few || rest.length === 0 ? undefined : await placeAfter(db, invitations, strides.window, walked);
  const [page, ...values] = few
    ? idsSorted(invitations, [...walked, among(few), ...rest])
    : idsInOrder(invitations, walked, rest, strides.window);
  // Those to an application that was removed are passed over, but the page ends where it would with them: the next one begins there.
  const select = query<InvitationRow & { removed_at: number | null }>(
    `SELECT ${invitationColumns}, p.removed_at ${withRemoved} WHERE i.id IN (${page} LIMIT ?) ORDER BY i.created_at DESC, i.id DESC`,
  );
  const rows = await select(db, ...values, limit);
  const last = rows.length === limit ? rows.at(-1) : undefined;
  const next = last ? { createdAt: last.created_at, id: last.id } : end ? { createdAt: end.time, id: end.id } : null;
  return { invitations: rows.filter((row) => row.removed_at === null).map(toInvitation), next };
}

/** When an invitation that is not revoked ends: as the index invitations_ends has it. */
const ends =
  "(CASE WHEN i.redeemed_at IS NOT NULL THEN i.access_ends_at WHEN i.access_ends_at < i.redeem_by THEN i.access_ends_at ELSE i.redeem_by END)";

/** Invitations found by an index, in no order. */
function lookedUp({ guestSub, sponsorKey, addressKey, endsBefore }: InvitationFilter, now: number): Sql[] {
  const merged = "(SELECT sub FROM merged_guests WHERE lost_sub = ?)";
  return [
    ...(guestSub === undefined ? [] : [[`i.guest_sub IN (?, ${merged})`, guestSub, guestSub] satisfies Sql]),
    ...(addressKey === undefined ? [] : [["i.alias_id = (SELECT id FROM aliases WHERE address_key = ?)", addressKey] satisfies Sql]),
    ...(sponsorKey === undefined ? [] : [["i.sponsor_key = ?", sponsorKey] satisfies Sql]),
    ...(endsBefore === undefined ? [] : [[`i.revoked_at IS NULL AND ${ends} > ? AND ${ends} < ?`, now, endsBefore] satisfies Sql]),
  ];
}

function inState(state: InvitationState, now: number): Sql {
  return [states[state], ...[...states[state].matchAll(/\?/g)].map(() => now)];
}

/** A value rather than EXISTS: PostgreSQL looks each mail up by its id, and never reads the whole outbox to join it. */
function withTrouble(mail: MailTrouble): Sql {
  return [`(SELECT 1 FROM outbox o WHERE o.id = i.mail_id AND ${troubles[mail]}) = 1`];
}

/** @returns the matches of a condition that has few: only the application's own, so that the end of a page reveals nothing about others' */
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
