import { type App, createApp } from "../app.ts";
import { readConfig } from "../config.ts";
import { createLog } from "../log.ts";

/** Opens what the server would open, quietly, runs the work and lets go. */
export async function withApp<T>(work: (app: App) => Promise<T>): Promise<T> {
  const app = await createApp(readConfig(), { log: createLog("silent") });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/** A table for people, or JSON for scripts. */
export function print(rows: Record<string, unknown>[], { json }: { json?: boolean }, empty: string): void {
  if (json) console.log(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) console.log(empty);
  else console.log(table(rows));
}

function table(rows: Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] as object);
  const lines = [columns.map((column) => column.toUpperCase()), ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] as string).length)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] as number))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
