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

/** Statements that run when their time has come, whatever the address: looking for mail and sessions that are due, keys that have changed, sealing the audit trail, a cache that is renewed. */
const byTheClock = [
  "SET state = CASE",
  "'unknown' FROM outbox",
  "SET leased_until",
  "turn_at = NULL, created_at",
  "check_at <= ?",
  "check_at > ?",
  "session_checks",
  "FROM jobs",
  "FROM applications",
  "UPDATE logouts",
  "outbox_instances",
  "FROM settings",
  "FROM upstream_providers ORDER",
  "FROM master_keys",
  "FROM former_keys",
  "FROM signing_keys",
  "UPDATE signing_keys",
  "published_keys",
  "FROM webhooks",
  "webhook_deliveries",
  "webhook_place",
  "audit_head",
  "WITH sealed",
  "a.position IS NULL",
];

export function comesByTheClock(sql: string): boolean {
  return byTheClock.some((part) => sql.includes(part));
}
