/**
 * A row of a CSV file (RFC 4180). Values that a spreadsheet would read as formulas get an apostrophe in front (OWASP ASVS 1.2.10),
 * because guests and sponsors choose their own names and words. So do values that look as if they had one: reading removes one.
 */
export function csvRow(values: readonly unknown[]): string {
  return `${values.map(field).join(",")}\r\n`;
}

function field(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  const harmless = /^'*[=+\-@\t\r\0]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
