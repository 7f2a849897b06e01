// Reads CSV as people have it: from a spreadsheet, put together by hand, with a title above the table. UTF-8, or UTF-16
// as Excel writes it; commas, semicolons or tabs. The first row that has the needed columns names them all.
import { setImmediate } from "node:timers/promises";
import { elapsed } from "../clock.ts";
import { Problem } from "./problem.ts";

export interface CsvRow {
  /** As a spreadsheet numbers it: the first line of the file is row 1. A line `sep=;` is not counted, because spreadsheets hide it. */
  row: number;
  /** By the name of the column; without empty fields. */
  fields: Record<string, string>;
  /** Why the row cannot be trusted, and what to do. */
  wrong: string | undefined;
}

export interface CsvColumns {
  required: string[];
  /** Other names that a column goes by: `e_mail` of `email`. */
  synonyms?: Record<string, string>;
}

/** Rows that one upload may have. */
const mostRows = 10_000;
/** The most lines of a file, empty ones included. Counted before any is read. */
const mostLines = 50_000;
const mostCells = 500_000;
const mostColumns = 200;
/** Characters of one row. */
const longestRow = 100_000;
/** Lines that may stand above the table. */
const mostTitleLines = 20;
/** Milliseconds to read before others get their turn. How much that is depends on the file: short rows and blanks take longer than their characters tell. */
const oneTurn = 5;

/**
 * Names of columns are taken as "Target URL", "target-url" or "target_url". Titles above the table, comments (`# ...`), blank
 * lines and repeated headers are passed over. A stray quotation mark spoils at most its own row.
 * @throws Problem 400 if it cannot be read or lacks required columns; 413 if it has too much of anything,
 * empty lines and fields included
 */
export async function readCsv(file: Uint8Array, { required, synonyms = {} }: CsvColumns): Promise<CsvRow[]> {
  const text = decode(file);
  await setImmediate();
  countLines(text);
  const toColumns = (fields: string[]) => fields.map(columnName).map((name) => synonyms[name] ?? name);
  const namesColumns = (columns: string[]) => required.every((name) => columns.includes(name));
  const othersTurn = takingTurns();
  const header = await findHeader(text, required, toColumns, othersTurn);
  let { columns, row, end } = header;
  checkColumns(columns);
  const rows: CsvRow[] = [];
  let cells = 0;
  while (end < text.length) {
    await othersTurn();
    const record = readRecord(text, end, header.separator, ++row);
    ({ end } = record);
    cells += record.fields.length;
    if (cells > mostCells) throw tooLarge(`more than ${mostCells} fields`);
    if (record.fields.every((field) => field === "") || isComment(record.fields, columns, required)) continue;
    const named = toColumns(record.fields);
    if (namesColumns(named)) {
      columns = named;
      checkColumns(columns);
      continue;
    }
    if (rows.length === mostRows) throw tooLarge(`more than ${mostRows} rows`);
    rows.push(toRow(row, columns, record));
  }
  if (rows.length === 0) throw unreadable("it has no rows");
  return rows;
}

/** @returns what to call before each piece of work; it waits where others have waited long enough */
function takingTurns(): () => Promise<void> | undefined {
  let since = elapsed();
  return () => {
    if (elapsed() - since < oneTurn) return undefined;
    return setImmediate().then(() => {
      since = elapsed();
    });
  };
}

/** @throws Problem 400 if the bytes are not text in a known encoding, or were spoilt when the file was saved before */
function decode(file: Uint8Array): string {
  try {
    const text = new TextDecoder(encodingOf(file), { fatal: true }).decode(file);
    if (!text.includes("\ufffd")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw unreadable("it is not in UTF-8: save it as CSV UTF-8");
}

/** UTF-16 begins with a byte order mark, or has a zero byte for every letter of the header. */
function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return "utf-8";
}

interface Header {
  columns: string[];
  separator: string;
  row: number;
  /** Where the next row begins. */
  end: number;
}

/** @throws Problem 400 if there is none */
async function findHeader(
  text: string,
  required: string[],
  toColumns: (fields: string[]) => string[],
  othersTurn: () => Promise<void> | undefined,
): Promise<Header> {
  if (text.slice(0, longestRow).trim() === "") throw unreadable("it has no rows");
  const hint = /^\ufeff?"?sep=([^\r\n])"?[^\S\r\n]*(?:\r\n|\n|\r|$)/i.exec(text);
  const separators = [...new Set([...(hint?.[1] ? [hint[1]] : []), ",", ";", "\t"])];
  const missing = (columns: string[]) => required.filter((name) => !columns.includes(name));
  let nearest = required;
  let [row, end] = [0, hint?.[0].length ?? 0];
  while (end < text.length && row <= mostTitleLines) {
    row++;
    for (const separator of separators) {
      await othersTurn();
      const record = readRecord(text, end, separator, row);
      const columns = toColumns(record.fields);
      if (missing(columns).length === 0) return { columns, separator, row, end: record.end };
      if (missing(columns).length < nearest.length) nearest = missing(columns);
    }
    end = lineEnd(text, end);
  }
  throw unreadable(`it has no column ${nearest[0]}; its first row must name the columns`);
}

/** @throws Problem 400 if two columns could be meant */
function checkColumns(columns: string[]): void {
  const seen = new Set<string>();
  const twice = columns.find((name) => name !== "" && seen.size === seen.add(name).size);
  if (twice !== undefined) throw unreadable(`it has the column ${twice} twice`);
}

interface CsvRecord {
  fields: string[];
  /** A quotation mark opens a field and does not close it. */
  unclosed: boolean;
  /** Where the next record begins. */
  end: number;
}

/**
 * Reads as RFC 4180 says. A misplaced quotation mark is a character like any other.
 * Libraries either refuse such a file or swallow the rows up to the next quotation mark.
 */
function readRecord(text: string, start: number, separator: string, row: number): CsvRecord {
  const fields: string[] = [];
  let unclosed = false;
  let at = start;
  for (;;) {
    const field = quotedField(text, at, separator, start + longestRow) ?? plainField(text, at, separator, start + longestRow + 1);
    fields.push(field.value);
    if (fields.length > mostColumns) throw tooLarge(`in row ${row} more than ${mostColumns} fields`);
    if (field.end - start > longestRow) throw tooLarge(`in row ${row} more than ${longestRow} characters`);
    unclosed ||= field.unclosed;
    at = field.end;
    if (text[at] !== separator) break;
    at++;
  }
  return { fields, unclosed, end: lineEnd(text, at) };
}

interface Field {
  value: string;
  unclosed: boolean;
  end: number;
}

/** @returns undefined if there is no quoted field that closes before the limit */
function quotedField(text: string, start: number, separator: string, limit: number): Field | undefined {
  const open = afterSpace(text, start, separator, limit);
  if (text[open] !== '"') return undefined;
  let close = text.indexOf('"', open + 1);
  while (close !== -1 && close < limit && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close === -1 || close >= limit) return undefined;
  const end = afterSpace(text, close + 1, separator, limit);
  if (end < text.length && !["\r", "\n", separator].includes(text[end] as string)) return undefined;
  return { value: text.slice(open + 1, close).replaceAll('""', '"'), unclosed: false, end };
}

function plainField(text: string, start: number, separator: string, limit: number): Field {
  let end = start;
  while (end < Math.min(text.length, limit) && text[end] !== separator && text[end] !== "\n" && text[end] !== "\r") end++;
  const value = text.slice(start, end).trim();
  if (!value.startsWith('"')) return { value, unclosed: false, end };
  if (value.length > 1 && value.endsWith('"')) return { value: value.slice(1, -1).replaceAll('""', '"'), unclosed: false, end };
  return { value, unclosed: value.split('"').length % 2 === 0, end };
}

function afterSpace(text: string, start: number, separator: string, limit: number): number {
  const stop = Math.min(text.length, limit);
  let at = start;
  while (at < stop && text[at] !== separator && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** White space of any script that does not break lines here. */
function isBlank(code: number): boolean {
  if (code < 0x80) return code === 0x20 || code === 0x09 || code === 0x0b || code === 0x0c;
  return /\s/.test(String.fromCharCode(code));
}

/** All kinds of line breaks: a file that was put together from others has several. */
function lineEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== "\n" && text[at] !== "\r") at++;
  return text[at] === "\r" && text[at + 1] === "\n" ? at + 2 : at + 1;
}

/** A line that begins with # and is not a row: a required value is missing, or the # stands in its place. */
function isComment([first = "", ...others]: string[], columns: string[], required: string[]): boolean {
  if (!first.startsWith("#")) return false;
  return required.includes(columns[0] as string) || required.every((name) => (others[columns.indexOf(name) - 1] ?? "") === "");
}

function toRow(row: number, columns: string[], { fields, unclosed }: CsvRecord): CsvRow {
  const given = fields.flatMap((field, index) => (field === "" ? [] : [[columns[index] ?? "", withoutApostrophe(field)] as const]));
  const overfull = given.some(([column]) => column === "");
  const wrong = unclosed
    ? "A quotation mark opens a field but none closes it: add it, or remove the first."
    : overfull
      ? "The row has more fields than the header has columns: look for a stray separator."
      : undefined;
  return { row, fields: Object.fromEntries(given.filter(([column]) => column !== "")), wrong };
}

/** Exports put one in front of anything that a spreadsheet would take for a formula. */
function withoutApostrophe(field: string): string {
  return /^'+[=+\-@\t\r\0]/.test(field) ? field.slice(1) : field;
}

function columnName(header: string): string {
  return header.toLowerCase().replace(/[\s_-]+/g, "_");
}

/** Within a field too: where fields end is not known yet. @throws Problem 413 */
function countLines(text: string): void {
  for (const sign of ["\n", "\r"]) {
    let lines = 0;
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1))
      if (++lines > mostLines) throw tooLarge(`more than ${mostLines} lines`);
  }
}

function tooLarge(what: string): Problem {
  return new Problem(413, "Too large", `The file has ${what}. Remove empty rows and columns, and send it in parts.`);
}

function unreadable(why: string): Problem {
  return new Problem(400, "Bad request", `The file cannot be read as CSV: ${why}.`);
}
