/**
 * A row of a CSV file (RFC 4180). What a spreadsheet would take for a formula begins with an apostrophe (OWASP ASVS 1.2.10):
 * guests and sponsors choose their names and words themselves.
 */
export function csvRow(values: readonly unknown[]): string {
  return `${values.map(field).join(",")}\r\n`;
}

function field(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  const harmless = /^[=+\-@\t\r\0]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
