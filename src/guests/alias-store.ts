import { type Db, isEmbedded } from "../database.ts";
import { command, query } from "../statements.ts";
import { type Address, searchable } from "./address.ts";
import type { Alias, Guest, GuestState } from "./guest.ts";

interface AliasRow {
  id: number;
  address: string;
  domain: string;
  is_primary: number;
  mailbox_id: string;
  verified_at: number | null;
  undeliverable_since: number | null;
  refusals: number;
  refusal_status: string;
  refusal_reason: string;
}

interface ProvenRow {
  sub: string;
  state: GuestState;
  expires_at: number | null;
  open_invitations: number;
}

/** The guest of a mailbox, as of its proof. */
export interface ProvenGuest extends Pick<Guest, "sub" | "state" | "expiresAt"> {
  /** How many invitations, of any application, have not been redeemed or revoked; what has lapsed counts. */
  openInvitations: number;
}

const selectAliases = query<AliasRow>(
  `SELECT a.id, a.address, a.domain, a.is_primary, a.mailbox_id, m.verified_at, m.undeliverable_since, m.refusals, m.refusal_status, m.refusal_reason
   FROM aliases a JOIN mailboxes m ON m.id = a.mailbox_id WHERE a.guest_sub = ? ORDER BY a.is_primary DESC, a.id`,
);
const insertRow = query<{ id: number }>(
  `INSERT INTO aliases (address_key, address, domain, search_text, guest_sub, mailbox_id, is_primary, created_at, guest_created_at)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT created_at FROM guests WHERE sub = ?))
   ON CONFLICT (address_key) DO NOTHING RETURNING id`,
);
const renameRow = command(
  `UPDATE aliases SET address_key = ?, address = ?, domain = ?, search_text = ?, mailbox_id = ? WHERE id = ?
   AND NOT EXISTS (SELECT 1 FROM aliases taken WHERE taken.address_key = ? AND taken.id <> aliases.id)`,
);
const deleteRow = command("DELETE FROM aliases WHERE id = ? AND is_primary = 0");
const demoteRows = command("UPDATE aliases SET is_primary = 0 WHERE guest_sub = ? AND is_primary = 1");
const promoteRow = command("UPDATE aliases SET is_primary = 1 WHERE id = ? AND guest_sub = ?");
const moveRows = command(
  "UPDATE aliases SET guest_sub = ?, guest_created_at = (SELECT created_at FROM guests WHERE sub = ?), is_primary = 0 WHERE guest_sub = ?",
);
const updateSearchText = command("UPDATE aliases SET search_text = address_key || ' ' || ? WHERE id = ?");
const insertMailboxRow = command("INSERT INTO mailboxes (id, guest_sub, verified_at, networks) VALUES (?, ?, ?, ?)");
const moveMailboxRows = command("UPDATE mailboxes SET guest_sub = ? WHERE guest_sub = ?");
const deleteUnused = command(
  "DELETE FROM mailboxes WHERE guest_sub = ? AND NOT EXISTS (SELECT 1 FROM aliases WHERE mailbox_id = mailboxes.id)",
);
const forgetProofRow = command("UPDATE mailboxes SET verified_at = NULL, networks = '' WHERE id = ?");
// The network that it was proven from comes to the front of ten; what came back takes away what did not arrive before it.
const updateProof = query<ProvenRow>(
  `UPDATE mailboxes SET verified_at = ?, networks = substr(CAST(? AS text) || replace(networks, CAST(? AS text), ''), 1, 170),
   undeliverable_since = NULL, refusals = 0, refusal_status = NULL, refusal_reason = NULL WHERE id = (SELECT mailbox_id FROM aliases WHERE address_key = ?)
   RETURNING guest_sub AS sub, (SELECT state FROM guests WHERE sub = guest_sub) AS state,
   (SELECT expires_at FROM guests WHERE sub = guest_sub) AS expires_at, (SELECT COUNT(*) FROM invitations i
   WHERE i.guest_sub = mailboxes.guest_sub AND i.redeemed_at IS NULL AND i.revoked_at IS NULL) AS open_invitations`,
);
const selectProvenFrom = query<object>(
  "SELECT 1 FROM mailboxes m JOIN aliases a ON a.mailbox_id = m.id WHERE a.address_key = ? AND m.networks LIKE ?",
);
/** The index keeps no text: it is told what it had of the rows, so before these change. */
const unindexing = "INSERT INTO alias_search (alias_search, rowid, search_text) SELECT 'delete', id, search_text FROM aliases";
const unindexRows = command(`${unindexing} WHERE guest_sub = ?`);
const unindexRow = command(`${unindexing} WHERE id = ?`);
const indexRows = command("INSERT INTO alias_search (rowid, search_text) SELECT id, search_text FROM aliases WHERE guest_sub = ?");
const indexRow = command("INSERT INTO alias_search (rowid, search_text) SELECT id, search_text FROM aliases WHERE id = ?");

/** The primary first. */
export async function list(db: Db, sub: string): Promise<Alias[]> {
  return (await selectAliases(db, sub)).map((row) => ({
    id: row.id,
    address: row.address,
    domain: row.domain,
    primary: row.is_primary === 1,
    mailboxId: row.mailbox_id,
    verifiedAt: row.verified_at,
    undeliverable:
      row.undeliverable_since === null
        ? null
        : { since: row.undeliverable_since, refusals: row.refusals, status: row.refusal_status, reason: row.refusal_reason },
  }));
}

/** @returns the alias's id, or undefined where the address belongs to a guest already */
export async function insert(
  db: Db,
  alias: { address: Address; name: string | null; sub: string; mailboxId: string; primary: boolean; at: number },
): Promise<number | undefined> {
  const { address, name, sub, mailboxId, primary, at } = alias;
  const [row] = await insertRow(
    db,
    address.key,
    address.typed,
    address.domain,
    searchText(address, name),
    sub,
    mailboxId,
    primary ? 1 : 0,
    at,
    sub,
  );
  if (row && hasSearchTable(db)) await indexRow(db, row.id);
  return row?.id;
}

/** @returns false where the new address belongs to another alias */
export async function rename(db: Db, id: number, address: Address, name: string | null, mailboxId: string): Promise<boolean> {
  if (hasSearchTable(db)) await unindexRow(db, id);
  const renamed = await renameRow(db, address.key, address.typed, address.domain, searchText(address, name), mailboxId, id, address.key);
  if (hasSearchTable(db)) await indexRow(db, id);
  return renamed === 1;
}

/** Never the primary one. */
export async function remove(db: Db, id: number): Promise<boolean> {
  if (hasSearchTable(db)) await unindexRow(db, id);
  return (await deleteRow(db, id)) === 1;
}

export async function makePrimary(db: Db, sub: string, id: number): Promise<void> {
  await demoteRows(db, sub);
  await promoteRow(db, id, sub);
}

/** All aliases and mailboxes of a guest go to another one, as aliases beside the primary. */
export async function move(db: Db, from: string, to: string): Promise<void> {
  await moveMailboxRows(db, to, from);
  await moveRows(db, to, to, from);
}

/** Writes what the directory is searched by anew, after a change of name or of the aliases. */
export async function reindex(db: Db, sub: string, name: string | null): Promise<void> {
  if (hasSearchTable(db)) await unindexRows(db, sub);
  for (const { id, address } of await list(db, sub)) await updateSearchText(db, shownText(address, name), id);
  if (hasSearchTable(db)) await indexRows(db, sub);
}

/** Before the guest goes: PostgreSQL's index follows the rows, SQLite's does not. */
export async function unindex(db: Db, sub: string): Promise<void> {
  if (hasSearchTable(db)) await unindexRows(db, sub);
}

export async function insertMailbox(
  db: Db,
  mailbox: { id: string; sub: string; verifiedAt: number | null; from?: string | undefined },
): Promise<void> {
  await insertMailboxRow(db, mailbox.id, mailbox.sub, mailbox.verifiedAt, entry(mailbox.from));
}

export async function removeUnusedMailboxes(db: Db, sub: string): Promise<void> {
  await deleteUnused(db, sub);
}

export async function forgetProof(db: Db, mailboxId: string): Promise<void> {
  await forgetProofRow(db, mailboxId);
}

/**
 * Records proof of the mailbox behind an address.
 * @param from the mark of the network, 16 digits
 * @returns its guest, or undefined where nobody has the address
 */
export async function prove(db: Db, key: string, { at, from }: { at: number; from: string | undefined }): Promise<ProvenGuest | undefined> {
  const row = (await updateProof(db, at, entry(from), entry(from), key))[0];
  return row && { sub: row.sub, state: row.state, expiresAt: row.expires_at, openInvitations: Number(row.open_invitations) };
}

/** Whether the mailbox behind an address was proven from the network with this mark: one of the last ten. */
export async function wasProvenFrom(db: Db, key: string, mark: string): Promise<boolean> {
  return (await selectProvenFrom(db, key, `%${entry(mark)}%`)).length > 0;
}

function entry(mark: string | undefined): string {
  return mark === undefined ? "" : `${mark} `;
}

function searchText(address: Address, name: string | null): string {
  return `${address.key} ${shownText(address.typed, name)}`;
}

function shownText(typed: string, name: string | null): string {
  return searchable(`${typed} ${name ?? ""}`);
}

/** On SQLite the trigrams are a table of their own (FTS5); on PostgreSQL an index. */
function hasSearchTable(db: Db): boolean {
  return isEmbedded(db);
}
