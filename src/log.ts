import type { DestinationStream, Logger } from "pino";
import { pino } from "pino";

export type { Logger } from "pino";

// A net under the rule that no code, token, secret or address is ever given to the log.
const redact = ["code", "token", "secret", "password", "address", "email", "recipient", "login_hint", "authorization", "cookie"];

/** JSON lines on standard output, unless they are to go elsewhere. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    redact: { paths: redact.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[redacted]" },
    base: null,
    serializers: { err: describeError },
  };
  return pino(options, destination);
}

/** Errors of libraries carry requests, SQL bindings and the like: only their name, code and stack are kept, with addresses masked. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  // Not under the name "code": what stands there is taken for a passcode.
  return { type: error.name, errorCode: code, message: mask(error.message), stack: mask(error.stack ?? "") };
}

function mask(text: string): string {
  return text.replace(/[^\s<>"',;:()]+@[^\s<>"',;:()]+/g, "[address]");
}
