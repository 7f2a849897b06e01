/** Connections that were refused, cut or not made in time (Node.js). */
const cut = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/**
 * SQLSTATE: connections (08), a transaction that was idle for too long (25P03), conflicts with others (40), resources (53), a lock that was
 * not available in time (55P03), a statement that took too long (57014), a server that stops or starts (57P), its disk (58), a database that is
 * read-only (25006).
 */
const postgres = /^(08...|25P03|40001|40P01|53...|55P03|57014|57P0.|58...|25006)$/;
const sqlite = /^SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN|FULL|READONLY|NOMEM)/;
/** Messages of pg and knex that come without a code. */
const words =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout expired|Unable to acquire a connection|aborted$)/;

/** Seconds after which a client may try again when the database cannot be reached. */
export const retryAfter = 5;

/** Whether a statement failed because the database is out of reach, full or busy for now, and not because of the statement itself. */
export function isAway(error: unknown): boolean {
  const { code, name, message = "" } = Object(error) as { code?: unknown; name?: string; message?: string };
  if (typeof code === "string" && [cut, postgres, sqlite].some((known) => known.test(code))) return true;
  return name === "KnexTimeoutError" || name === "TimeoutError" || words.test(message);
}

/** Whether the connection was lost during a statement, or stopped answering: the outcome of the statement is not known. */
export function isLost(error: unknown): boolean {
  const { code = "", message = "" } = Object(error) as { code?: string; message?: string };
  return cut.test(code) || /^57P0/.test(code) || message.startsWith("Connection terminated") || isSilence(error);
}

/** Whether pg gave up waiting for an answer. */
export function isSilence(error: unknown): boolean {
  return (error as Error).message === "Query read timeout";
}

/** The connection was lost before the answer came: everything was changed, or nothing. SQLSTATE 08007. */
export class UnknownOutcome extends Error {
  readonly code = "08007";

  constructor(cause: unknown) {
    super("The connection to the database was lost before it answered, so the change may or may not have been made.", { cause });
  }
}
