import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";

const select = query<{ sealed_token: string }>("SELECT sealed_token FROM mail_refresh_tokens WHERE configured = ?");
const upsert = command(
  `INSERT INTO mail_refresh_tokens (configured, sealed_token, secret, updated_at) VALUES (?, ?, ?, ?)
   ON CONFLICT (configured) DO UPDATE SET sealed_token = excluded.sealed_token, secret = excluded.secret, updated_at = excluded.updated_at`,
);
const underOthers = "FROM mail_refresh_tokens WHERE secret IS NULL OR secret <> ?";
const selectUnderOthers = query<{ configured: string; sealed_token: string }>(`SELECT configured, sealed_token ${underOthers} LIMIT ?`);
const countRows = query<{ count: number }>(`SELECT CAST(COUNT(*) AS integer) AS count ${underOthers}`);
// Only if nobody has replaced it meanwhile.
const resealRow = command("UPDATE mail_refresh_tokens SET sealed_token = ?, secret = ? WHERE configured = ? AND sealed_token = ?");

interface Sealed {
  sealed: string;
  /** The name of the master key that it is sealed under. */
  secret: string;
}

export async function find(db: Db, configured: string): Promise<string | undefined> {
  return (await select(db, configured))[0]?.sealed_token;
}

/** @param at milliseconds since the epoch */
export async function keep(db: Db, configured: string, { sealed, secret }: Sealed, at: number): Promise<void> {
  await upsert(db, configured, sealed, secret, at);
}

/** Some that are sealed under another master key. */
export async function listUnderOthers(db: Db, secret: string, limit: number): Promise<{ configured: string; sealed: string }[]> {
  return (await selectUnderOthers(db, secret, limit)).map(({ configured, sealed_token: sealed }) => ({ configured, sealed }));
}

export async function countUnderOthers(db: Db, secret: string): Promise<number> {
  return (await countRows(db, secret))[0]?.count ?? 0;
}

export async function reseal(db: Db, configured: string, before: string, { sealed, secret }: Sealed): Promise<number> {
  return resealRow(db, sealed, secret, configured, before);
}
