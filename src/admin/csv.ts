// Uploads of CSV: UTF-8 with or without a byte order mark; commas, semicolons or tabs; the first row names the columns.
import { CsvError, parse } from "csv-parse";
import { Problem } from "./problem.ts";

export interface CsvRow {
  /** As a spreadsheet numbers it: the header is row 1. */
  row: number;
  /** By the name of the column; without empty fields. */
  fields: Record<string, string>;
  /** More fields than columns that have a name: a separator or quotation mark is out of place. */
  overfull: boolean;
}

/** Rows that one upload may have. */
const mostRows = 10_000;
const longestRow = 100_000;

/**
 * Names of columns are taken as "Target URL", "target-url" or "target_url".
 * @throws Problem 400 where it cannot be read or has not the required columns; 413 where it has too many rows
 */
export async function readCsv(text: string, required: string[]): Promise<CsvRow[]> {
  if (text.includes("\ufffd")) throw unreadable("it is not in UTF-8: save it as CSV UTF-8");
  const rows: CsvRow[] = [];
  let columns: string[] | undefined;
  let row = 0;
  for await (const record of records(text)) {
    row++;
    if (!columns) {
      columns = record.map(columnName);
      checkColumns(columns, required);
      continue;
    }
    if (record.every((field) => field === "")) continue;
    if (rows.length === mostRows) throw new Problem(413, "Too large", `The file has more than ${mostRows} rows. Send it in parts.`);
    rows.push(toRow(row, columns, record));
  }
  if (rows.length === 0) throw unreadable("it has no rows");
  return rows;
}

/** @throws Problem 400 where one is missing, or where it would be left to chance which of two is meant */
function checkColumns(columns: string[], required: string[]): void {
  for (const name of required)
    if (!columns.includes(name)) throw unreadable(`it has no column ${name}; its first row must name the columns`);
  const twice = columns.find((name, index) => name !== "" && columns.indexOf(name) < index);
  if (twice !== undefined) throw unreadable(`it has the column ${twice} twice`);
}

async function* records(text: string): AsyncGenerator<string[]> {
  const options = {
    bom: true,
    delimiter: separatorOf(text),
    // All of them: a file that was put together from others has several.
    record_delimiter: ["\r\n", "\n", "\r"],
    trim: true,
    relax_column_count: true,
    max_record_size: longestRow,
  };
  try {
    for await (const record of parse(text, options)) yield record as string[];
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error.message) : error;
  }
}

function toRow(row: number, columns: string[], record: string[]): CsvRow {
  const given = record.flatMap((field, index) => (field === "" ? [] : [[columns[index] ?? "", field] as const]));
  return { row, fields: Object.fromEntries(given), overfull: given.some(([column]) => column === "") };
}

/** The one of which the first row has the most. */
function separatorOf(text: string): string {
  const [header = ""] = text.split(/\r?\n/, 1);
  const count = (separator: string) => header.split(separator).length;
  return [",", ";", "\t"].reduce((best, each) => (count(each) > count(best) ? each : best));
}

function columnName(header: string): string {
  return header.toLowerCase().replace(/[\s_-]+/g, "_");
}

function unreadable(why: string): Problem {
  return new Problem(400, "Bad request", `The file cannot be read as CSV: ${why}.`);
}
