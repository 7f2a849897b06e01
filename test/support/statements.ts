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
