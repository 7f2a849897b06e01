import { type Db, isEmbedded } from "../database/database.ts";
import { command, query } from "../database/statements.ts";
import { type Address, searchable } from "./address.ts";
import type { Alias } from "./guest.ts";

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
/** The index keeps no text: it has to be given the old text of the rows, before they change. */
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

/** @returns the alias's id, or undefined if the address already belongs to a guest */
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

/** @returns false if the new address belongs to another alias */
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

/** Moves all aliases of a guest to another one, beside its primary. Their mailboxes move first (mailbox-store.ts). */
export async function move(db: Db, from: string, to: string): Promise<void> {
  await moveRows(db, to, to, from);
}

/** Rewrites the text that the directory is searched by, after a change of name or of the aliases. */
export async function reindex(db: Db, sub: string, name: string | null): Promise<void> {
  if (hasSearchTable(db)) await unindexRows(db, sub);
  for (const { id, address } of await list(db, sub)) await updateSearchText(db, shownText(address, name), id);
  if (hasSearchTable(db)) await indexRows(db, sub);
}

/** Before the guest is deleted: PostgreSQL's index follows the rows, SQLite's does not. */
export async function unindex(db: Db, sub: string): Promise<void> {
  if (hasSearchTable(db)) await unindexRows(db, sub);
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
