import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";
import type { Account, LinkedAccount } from "./account.ts";

interface Row {
  id: string;
  provider_id: string;
  label: string;
  guest_sub: string;
  mailbox_id: string;
  address: string;
  verified_at: number | null;
  created_at: number;
  last_used_at: number | null;
}

const select = `SELECT u.id, u.provider_id, p.label, m.guest_sub, u.mailbox_id, m.verified_at, u.created_at, u.last_used_at,
   (SELECT a.address FROM aliases a WHERE a.mailbox_id = m.id ORDER BY a.is_primary DESC, a.id LIMIT 1) AS address
   FROM upstream_accounts u JOIN upstream_providers p ON p.id = u.provider_id JOIN mailboxes m ON m.id = u.mailbox_id`;
const selectByAccount = query<Row>(`${select} WHERE u.provider_id = ? AND u.tenant = ? AND u.subject = ?`);
const selectOfGuest = query<Row>(`${select} WHERE m.guest_sub = ? ORDER BY u.created_at, u.id`);
const selectIsMailboxOf = query<object>("SELECT 1 FROM aliases WHERE address_key = ? AND mailbox_id = ?");
/** For a mailbox that is proven and accepts mail, and whose guest is not shut out. */
const opens = `FROM mailboxes m JOIN guests g ON g.sub = m.guest_sub WHERE m.id = ? AND m.guest_sub = ? AND m.verified_at IS NOT NULL
   AND m.undeliverable_since IS NULL AND g.state = 'active'`;
const upsertRow = query<{ id: string }>(
  `INSERT INTO upstream_accounts (id, provider_id, tenant, subject, mailbox_id, created_at, last_used_at)
   SELECT CAST(? AS text), p.id, CAST(? AS text), CAST(? AS text), o.id, CAST(? AS bigint), CAST(? AS bigint)
   FROM upstream_providers p JOIN (SELECT m.id ${opens}) o ON p.id = ?
   ON CONFLICT (provider_id, tenant, subject) DO UPDATE SET mailbox_id = excluded.mailbox_id, last_used_at = excluded.last_used_at,
   id = CASE WHEN upstream_accounts.mailbox_id = excluded.mailbox_id THEN upstream_accounts.id ELSE excluded.id END,
   created_at = CASE WHEN upstream_accounts.mailbox_id = excluded.mailbox_id THEN upstream_accounts.created_at ELSE excluded.created_at END
   RETURNING id`,
);
/** A mailbox has one account at each provider: that of its present owner. */
const deleteOthers = command("DELETE FROM upstream_accounts WHERE mailbox_id = ? AND provider_id = ? AND NOT (tenant = ? AND subject = ?)");
const useRow = command(`UPDATE upstream_accounts SET last_used_at = ? WHERE id = ? AND mailbox_id IN (SELECT m.id ${opens})`);
const deleteRow = command("DELETE FROM upstream_accounts WHERE id = ?");
const deleteOfMailbox = query<{ id: string }>("DELETE FROM upstream_accounts WHERE mailbox_id = ? RETURNING id");
const deleteOfGuest = query<{ id: string }>(
  "DELETE FROM upstream_accounts WHERE mailbox_id IN (SELECT id FROM mailboxes WHERE guest_sub = ?) RETURNING id",
);

export async function find(db: Db, { provider, tenant, subject }: Account): Promise<LinkedAccount | undefined> {
  return (await selectByAccount(db, provider, tenant, subject)).map(toAccount)[0];
}

/** The oldest first. */
export async function ofGuest(db: Db, sub: string): Promise<LinkedAccount[]> {
  return (await selectOfGuest(db, sub)).map(toAccount);
}

/** @param key a canonical address */
export async function isMailboxOf(db: Db, key: string, mailboxId: string): Promise<boolean> {
  return (await selectIsMailboxOf(db, key, mailboxId)).length > 0;
}

/** Records the use too. @returns false if it was already linked in this way, or the provider or the mailbox is gone or opens nothing */
export async function link(
  trx: Db,
  { provider, tenant, subject }: Account,
  { id, sub, mailboxId, at }: { id: string; sub: string; mailboxId: string; at: number },
): Promise<boolean> {
  const [row] = await upsertRow(trx, id, tenant, subject, at, at, mailboxId, sub, provider);
  await deleteOthers(trx, mailboxId, provider, tenant, subject);
  return row?.id === id;
}

/** @returns false if it is gone, or opens nothing */
export async function noteUse(trx: Db, { id, mailboxId, sub }: LinkedAccount, at: number): Promise<boolean> {
  return (await useRow(trx, at, id, mailboxId, sub)) === 1;
}

export async function remove(trx: Db, id: string): Promise<boolean> {
  return (await deleteRow(trx, id)) === 1;
}

/** @returns their ids */
export async function removeOfMailbox(trx: Db, mailboxId: string): Promise<string[]> {
  return (await deleteOfMailbox(trx, mailboxId)).map(({ id }) => id);
}

/** @returns their ids */
export async function removeOfGuest(trx: Db, sub: string): Promise<string[]> {
  return (await deleteOfGuest(trx, sub)).map(({ id }) => id);
}

function toAccount(row: Row): LinkedAccount {
  return {
    id: row.id,
    provider: row.provider_id,
    label: row.label,
    sub: row.guest_sub,
    mailboxId: row.mailbox_id,
    address: row.address,
    provenAt: row.verified_at,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
