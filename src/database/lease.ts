import { type Clock, skew } from "../clock.ts";
import { command, type Db } from "./statements.ts";

const takeRow = command(
  `INSERT INTO leases (work, until) VALUES (?, ?) ON CONFLICT (work) DO UPDATE SET until = excluded.until
   WHERE leases.until <= ? OR leases.until > ?`,
);
const deleteRow = command("DELETE FROM leases WHERE work = ? AND until = ?");

/**
 * Does a piece of work that only one instance may do at a time, or nothing if another one is doing it.
 * @param span milliseconds after which the process that began it is taken for dead
 */
export async function alone(
  db: Db,
  clock: Clock,
  { work, span }: { work: string; span: number },
  doIt: () => Promise<void>,
): Promise<void> {
  const now = clock.now();
  const until = now + span;
  if ((await takeRow(db, work, until, now, until + skew)) === 0) return;
  try {
    await doIt();
  } finally {
    await deleteRow(db, work, until);
  }
}
