// The output of commands: tables and lists for people, JSON for scripts.

export type Row = Record<string, unknown>;

export interface Format {
  json?: boolean;
}

/** A table of the named columns, or everything as JSON. @param empty what to print for people if there is nothing */
export function printRows(rows: Row[], columns: readonly string[], { json }: Format, empty: string): void {
  if (json) printJson(rows);
  else console.log(rows.length === 0 ? empty : table(rows, columns));
}

/** One record, a line for each field; fields that are not set are left out. */
export function printRecord(record: Row, { indent = "" } = {}): void {
  const lines = Object.entries(record)
    .map(([name, value]): [string, string] => [name, cell(value)])
    .filter(([, text]) => text !== "");
  const width = Math.max(...lines.map(([name]) => name.length));
  for (const [name, text] of lines) console.log(`${indent}${name.padEnd(width)}  ${text}`);
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

export function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function table(rows: Row[], columns: readonly string[]): string {
  const lines = [columns.map((column) => column.toUpperCase()), ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** On one line, and without control characters for a terminal. Joiners are part of the text and stay. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(cell).join(", ");
  if (typeof value === "object" && Object.keys(value).length === 0) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.replace(/(?:(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029])+/gu, " ");
}
