import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";
import type { Credential } from "./ceremonies.ts";
import type { Passkey, PasskeyMailbox, StoredPasskey } from "./passkey.ts";

interface Row {
  id: string;
  credential_id: string;
  guest_sub: string;
  mailbox_id: string;
  address: string;
  verified_at: number | null;
  public_key: string;
  counter: number;
  transports: string;
  host: string;
  device: string | null;
  created_at: number;
  last_used_at: number | null;
}

const addressOf = "(SELECT a.address FROM aliases a WHERE a.mailbox_id = m.id ORDER BY a.is_primary DESC, a.id LIMIT 1) AS address";
const select = `SELECT p.id, p.credential_id, m.guest_sub, p.mailbox_id, ${addressOf}, m.verified_at, p.public_key, p.counter, p.transports, p.host, p.device,
   p.created_at, p.last_used_at FROM guest_passkeys p JOIN mailboxes m ON m.id = p.mailbox_id`;
const selectByCredential = query<Row>(`${select} WHERE p.credential_id = ?`);
const selectById = query<Row>(`${select} WHERE p.id = ?`);
const selectOfMailbox = query<Row>(`${select} WHERE p.mailbox_id = ? ORDER BY p.created_at, p.id`);
const selectOfGuest = query<Row>(`${select} WHERE m.guest_sub = ? ORDER BY p.created_at, p.id`);
const selectMailbox = query<{ id: string; guest_sub: string; address: string | null; name: string | null; locale: string | null }>(
  `SELECT m.id, m.guest_sub, ${addressOf}, g.name, g.locale FROM mailboxes m JOIN guests g ON g.sub = m.guest_sub WHERE m.id = ?`,
);
/** For a mailbox that is proven, accepts mail, and has room for one more, and whose guest is not shut out. */
const insertRow = command(
  `INSERT INTO guest_passkeys (id, credential_id, mailbox_id, public_key, counter, transports, host, device, created_at)
   SELECT CAST(? AS text), CAST(? AS text), m.id, CAST(? AS text), CAST(? AS bigint), CAST(? AS text), CAST(? AS text), CAST(? AS text), CAST(? AS bigint)
   FROM mailboxes m JOIN guests g ON g.sub = m.guest_sub WHERE m.id = ? AND m.guest_sub = ? AND m.verified_at IS NOT NULL
   AND m.undeliverable_since IS NULL AND g.state = 'active' AND (SELECT COUNT(*) FROM guest_passkeys o WHERE o.mailbox_id = m.id) < ?
   ON CONFLICT DO NOTHING`,
);
/**
 * A counter that stands still or goes back is a copied key's; those that count nothing stay at 0 (WebAuthn Level 3, 7.2, step 22). A mailbox
 * that has lost its proof, or refuses mail, opens nothing.
 */
const useRow = command(
  `UPDATE guest_passkeys SET counter = ?, last_used_at = ? WHERE id = ? AND (counter < ? OR (counter = 0 AND CAST(? AS bigint) = 0))
   AND EXISTS (SELECT 1 FROM mailboxes m JOIN guests g ON g.sub = m.guest_sub WHERE m.id = guest_passkeys.mailbox_id AND m.guest_sub = ?
   AND m.verified_at IS NOT NULL AND m.undeliverable_since IS NULL AND g.state = 'active')`,
);
const deleteRow = command("DELETE FROM guest_passkeys WHERE id = ?");
const deleteOfMailbox = query<{ id: string }>("DELETE FROM guest_passkeys WHERE mailbox_id = ? RETURNING id");
const deleteOfGuest = query<{ id: string }>(
  "DELETE FROM guest_passkeys WHERE mailbox_id IN (SELECT id FROM mailboxes WHERE guest_sub = ?) RETURNING id",
);
const countElsewhere = query<{ passkeys: number }>("SELECT COUNT(*) AS passkeys FROM guest_passkeys WHERE host <> ?");
const insertChallenge = command("INSERT INTO guest_passkey_challenges (challenge_hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING");
const removeOldChallenges = removal("guest_passkey_challenges", "challenge_hash", "expires_at <= ?");

export async function findByCredential(db: Db, credentialId: string): Promise<StoredPasskey | undefined> {
  return (await selectByCredential(db, credentialId)).map(toPasskey)[0];
}

export async function find(db: Db, id: string): Promise<StoredPasskey | undefined> {
  return (await selectById(db, id)).map(toPasskey)[0];
}

export async function ofMailbox(db: Db, mailboxId: string): Promise<StoredPasskey[]> {
  return (await selectOfMailbox(db, mailboxId)).map(toPasskey);
}

/** The oldest first. */
export async function ofGuest(db: Db, sub: string): Promise<StoredPasskey[]> {
  return (await selectOfGuest(db, sub)).map(toPasskey);
}

export async function findMailbox(db: Db, mailboxId: string): Promise<PasskeyMailbox | undefined> {
  const [row] = await selectMailbox(db, mailboxId);
  if (!row || row.address === null) return undefined;
  return { mailboxId: row.id, sub: row.guest_sub, address: row.address, name: row.name, locale: row.locale };
}

/**
 * @param most passkeys that a mailbox can have
 * @returns false if the mailbox, or the guest, can have none (any more), or the credential is somebody's already
 */
export async function add(
  trx: Db,
  passkey: Pick<Passkey, "id" | "sub" | "mailboxId" | "host" | "device" | "createdAt"> & { credential: Credential },
  most: number,
): Promise<boolean> {
  const { id, sub, mailboxId, host, device, createdAt, credential } = passkey;
  const { id: credentialId, publicKey, counter, transports } = credential;
  const values = [id, credentialId, publicKey, counter, JSON.stringify(transports), host, device, createdAt] as const;
  return (await insertRow(trx, ...values, mailboxId, sub, most)) === 1;
}

/** @returns false if it is gone, opens nothing, or its counter says that it was copied */
export async function noteUse(trx: Db, { id, sub }: Passkey, counter: number, at: number): Promise<boolean> {
  return (await useRow(trx, counter, at, id, counter, counter, sub)) === 1;
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

/** How many were made for another host. */
export async function madeElsewhere(db: Db, host: string): Promise<number> {
  return Number((await countElsewhere(db, host))[0]?.passkeys ?? 0);
}

/** @returns false if it was answered before */
export async function takeChallenge(trx: Db, challengeHash: string, expiresAt: number): Promise<boolean> {
  return (await insertChallenge(trx, challengeHash, expiresAt)) === 1;
}

export async function sweep(db: Db, now: number): Promise<void> {
  await removeOldChallenges(db, now);
}

function toPasskey(row: Row): StoredPasskey {
  return {
    id: row.id,
    sub: row.guest_sub,
    mailboxId: row.mailbox_id,
    address: row.address,
    provenAt: row.verified_at ?? 0,
    host: row.host,
    device: row.device,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    credential: {
      id: row.credential_id,
      publicKey: row.public_key,
      counter: row.counter,
      transports: JSON.parse(row.transports) as string[],
    },
  };
}
