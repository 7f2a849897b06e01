import type { DestinationStream, Logger } from "pino";
import { pino } from "pino";

export type { Logger } from "pino";

// A safety net for the rule that no code, token, secret or address is ever logged.
const hidden = new Set(["code", "token", "secret", "password", "address", "email", "recipient", "login_hint", "authorization", "cookie"]);
const censored = "[redacted]";

/** JSON lines on standard output, or wherever they are sent. */
export function createLog(level: string, destination: DestinationStream = standardOutput(level)): Logger {
  const options = {
    level,
    base: null,
    formatters: { log: (fields: object) => redact(fields) as Record<string, unknown> },
    serializers: { err: describeError },
  };
  return pino(options, destination);
}

/** Written in batches, separately from the requests: at most a tenth of a second late. */
function standardOutput(level: string): DestinationStream {
  if (level === "silent") return { write: () => undefined };
  return pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 100 });
}

/** Masks fields with a sensitive name, and anything nested too deeply. (pino's own redaction costs more than the rest of a line.) */
function redact(value: unknown, depth = 0): unknown {
  if (!Array.isArray(value) && !isPlain(value)) return value;
  if (depth > 4) return censored;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hidden.has(name) ? censored : redact(item, depth + 1)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** Errors of libraries carry requests, SQL bindings and the like: only their name, code and stack are kept, with addresses masked. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  // Not under the name "code": its value would be taken for a passcode and masked.
  return { type: error.name, errorCode: code, message: mask(error.message), stack: mask(error.stack ?? "") };
}

function mask(text: string): string {
  return text.replace(/[^\s<>"',;:()]+@[^\s<>"',;:()]+/g, "[address]");
}
