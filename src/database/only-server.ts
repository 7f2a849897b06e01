// SQLite is for one server at a time.
import { InputError } from "../errors.ts";
import { makeFile } from "./database.ts";

/**
 * Holds a lock on a file beside SQLite's, which the operating system releases however the process ends. On PostgreSQL there is none:
 * it is for any number of servers.
 * @returns the holder of the lock: keep it for as long as the process lives
 * @throws InputError if another server holds it
 */
export async function beTheOnlyServer(url: string): Promise<object> {
  const filename = url.slice("sqlite:".length);
  // A missing driver is reported where the database is opened.
  const driver = url.startsWith("sqlite:") && filename !== ":memory:" ? await import("sqlite3").catch(() => undefined) : undefined;
  if (!driver) return {};
  const lockFile = `${filename}.server`;
  makeFile(lockFile);
  // SQLite's own exclusive lock is a lock of the operating system. The transaction is never finished.
  const lock = new driver.default.Database(lockFile);
  await new Promise<void>((resolve, reject) => {
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE", (error: NodeJS.ErrnoException | null) => {
      if (error === null) resolve();
      else reject(error.code === "SQLITE_BUSY" ? taken(filename, error) : error);
    });
  });
  return lock;
}

function taken(filename: string, cause: Error): InputError {
  return new InputError(
    `Another guestpass serve is already using ${filename}, and SQLite is for one server. Stop that one first, or set GUESTPASS_DATABASE_URL to a PostgreSQL database to run several.`,
    { cause },
  );
}
