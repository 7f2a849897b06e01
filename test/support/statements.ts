// Which statements Guestpass ran, and in what order.
import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** The SQL of every statement that ran while the work was done, without its values. */
export async function statementsOf(work: (soFar: readonly string[]) => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const note = (message: unknown) => void statements.push((message as { sql: string }).sql);
  subscribe("guestpass:statement", note);
  try {
    await work(statements);
  } finally {
    unsubscribe("guestpass:statement", note);
  }
  return statements;
}

/** Statements that run when their time has come, whatever the address: looking for mail and for sessions that are due, a cache that is renewed. */
const byTheClock = [
  "SET state = CASE",
  "'unknown' FROM outbox",
  "SET leased_until",
  "check_at <= ?",
  "FROM applications",
  "UPDATE logouts",
  "FROM settings",
];

export function comesByTheClock(sql: string): boolean {
  return byTheClock.some((part) => sql.includes(part));
}
