// Mail that is about one address: to it, or to others and naming it.
import type { Db } from "../database/database.ts";
import { command, query } from "../database/statements.ts";

const deleteTo = command("DELETE FROM outbox WHERE LOWER(recipient) = LOWER(?)");
// One statement for each state, so that both databases read only the few mails in it.
const selectWithText = (["queued", "parked"] as const).map((state) =>
  query<{ id: string; content: string }>(
    `SELECT id, content FROM outbox WHERE state = '${state}' AND LOWER(content) LIKE LOWER(?) ESCAPE '!'`,
  ),
);
const deleteOne = command("DELETE FROM outbox WHERE id = ?");

export async function removeTo(db: Db, address: string): Promise<void> {
  await deleteTo(db, address);
}

/** Mail that waits, or is kept for resending by hand, and contains the text. @returns content: a Message as JSON */
export async function waitingWith(db: Db, text: string): Promise<{ id: string; content: string }[]> {
  const found = [];
  for (const select of selectWithText) found.push(...(await select(db, `%${text.replace(/[!%_]/g, "!$&")}%`)));
  return found;
}

export async function remove(db: Db, id: string): Promise<void> {
  await deleteOne(db, id);
}
