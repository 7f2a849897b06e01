// Whether this version can work with the schema that it finds. docs/decisions/036-a-database-names-the-oldest-version.md
import type { Knex } from "knex";
import { migrationNames } from "../../migrations/index.ts";
import { InputError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { version } from "../version.ts";
import type { Db } from "./database.ts";
import { requireReachable } from "./reachable.ts";
import { migrationsThatRan, readOldestVersion } from "./schema-store.ts";

/** Compares the first three numbers of two versions: "0.2.0-dev" counts as 0.2.0. */
export function isOlder(one: string, than: string): boolean {
  const [left = [], right = []] = [one, than].map((each) => each.split(/[.+-]/, 3).map(Number));
  const at = left.findIndex((number, place) => number !== right[place]);
  return at !== -1 && (left[at] as number) < (right[at] as number);
}

/**
 * The migrations that the database lacks; none if this version can work with it as it is, though a newer one may have added to it.
 * @throws InputError if the schema is of a newer version that this one cannot work with
 */
export async function missingMigrations(db: Knex): Promise<string[]> {
  const ran = await migrationsThatRan(db);
  if (ran.length === 0) return migrationNames;
  const missing = migrationNames.filter((name) => !ran.includes(name));
  const unknown = ran.filter((name) => !migrationNames.includes(name));
  const isOfItsTime = !missing.includes("0000-schema");
  const oldest = isOfItsTime ? await readOldestVersion(db) : undefined;
  if (oldest !== undefined && isOlder(version, oldest)) throw new InputError(tooOld(oldest));
  if (unknown.length > 0 && missing.length > 0) {
    throw new InputError(
      `The database was made by another version of Guestpass, with ${unknown.join(", ")} and without ${missing.join(", ")}, which ${version} needs. Start that version, or set GUESTPASS_DATABASE_URL to another database.`,
    );
  }
  return missing;
}

/** @throws InputError if the database does not answer, or its schema is not one that this version can work with as it is */
export async function requireSchema(db: Knex): Promise<void> {
  await requireReachable(db);
  const missing = await missingMigrations(db);
  if (missing.length === 0) return;
  throw new InputError(
    missing.length === migrationNames.length
      ? "The database has no Guestpass tables yet. Create them with guestpass migrate, or start guestpass serve once."
      : `The database is of an older version of Guestpass than ${version}: it lacks ${missing.join(", ")}. Update it with guestpass migrate.`,
  );
}

function tooOld(oldest: string): string {
  return `The database belongs to a newer version of Guestpass: it needs ${oldest} or later, and this is ${version}. Upgrade this installation, or restore the backup that was made before the upgrade.`;
}

/** A running server's check of the schema, which others may change. */
export class RunningSchema {
  readonly #db: Db;
  readonly #log: Logger;
  /** The sentence for the log, once the database has moved past this version. */
  #problem: string | undefined;

  constructor({ db, log }: { db: Db; log: Logger }) {
    this.#db = db;
    this.#log = log;
  }

  /** Whether this version can still work with the database. If not, the log says so once. @throws if the database does not answer */
  async fits(): Promise<boolean> {
    const oldest = await readOldestVersion(this.#db);
    const problem = oldest !== undefined && isOlder(version, oldest) ? tooOld(oldest) : undefined;
    if (problem !== undefined && problem !== this.#problem) this.#log.error(problem);
    this.#problem = problem;
    return problem === undefined;
  }
}
