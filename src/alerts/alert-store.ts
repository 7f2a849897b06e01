import { skew } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { removal } from "../database/removal.ts";
import { command, query } from "../database/statements.ts";

const claimRow = command(
  `INSERT INTO alerts (subject, alerted_at) SELECT ?, ? WHERE (SELECT COUNT(*) FROM alerts WHERE alerted_at > ? AND alerted_at <= ?) < ?
   ON CONFLICT (subject) DO UPDATE SET alerted_at = excluded.alerted_at WHERE alerts.alerted_at <= ? OR alerts.alerted_at > ?`,
);
const selectLast = query<{ alerted_at: number }>("SELECT alerted_at FROM alerts WHERE subject = ?");
const removeOldRows = removal("alerts", "subject", "alerted_at <= ?");

/** @returns true for exactly one caller, unless the subject was claimed since then, or `most` of all subjects were */
export async function claim(db: Db, subject: string, at: number, since: number, most: number): Promise<boolean> {
  return (await claimRow(db, subject, at, since, at + skew, most, since, at + skew)) === 1;
}

export async function lastClaimed(db: Db, subject: string): Promise<number | undefined> {
  return (await selectLast(db, subject))[0]?.alerted_at;
}

export async function removeOld(db: Db, before: number): Promise<void> {
  await removeOldRows(db, before);
}
