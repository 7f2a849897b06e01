import type { Db } from "../database.ts";
import { command } from "../statements.ts";

const deleteExpired = command("DELETE FROM rate_limits WHERE expire < ?");

/** What rate-limiter-flexible counted for times that are over. */
export async function removeExpired(db: Db, before: number): Promise<void> {
  await deleteExpired(db, before);
}
