// Explains in one sentence, for the operator, why a database refuses a connection.
import type { Knex } from "knex";
import { InputError } from "../errors.ts";
import { isEmbedded } from "./database.ts";

/** By the beginning of the driver's code: SQLSTATE, or Node.js's for TLS. */
const remedies: [code: RegExp, remedy: string][] = [
  [/^28/, "Check the user and password in GUESTPASS_DATABASE_URL, and that pg_hba.conf admits them."],
  [/^3D000$/, "Create the database, or name another one in GUESTPASS_DATABASE_URL."],
  [/^53300$/, "Lower GUESTPASS_DATABASE_POOL, or raise PostgreSQL's max_connections."],
  [
    /^(42P05|26000)$/,
    "A pooler in front of PostgreSQL loses prepared statements: set GUESTPASS_DATABASE_PREPARED=off, or use PgBouncer 1.21 or later with max_prepared_statements.",
  ],
  [
    /CERT|LEAF_SIGNATURE/,
    "Give your own authority's certificate in GUESTPASS_DATABASE_URL: ?sslmode=verify-full&sslrootcert=/path/to/ca.pem. The server's certificate must be for the host in the URL.",
  ],
];

/** @returns the sentence for the database's message, if the operator can do something about it */
export function asRefusal(error: unknown): InputError | undefined {
  const { code = "", message = "" } = Object(error) as { code?: string; message?: string };
  const remedy = error instanceof InputError ? undefined : remedies.find(([known]) => known.test(code))?.[1];
  if (remedy === undefined) return undefined;
  // knex puts the statement before the database's message.
  return new InputError(`The database refuses the connection: ${message.split(" - ").at(-1)}. ${remedy}`, { cause: error });
}

/** @throws InputError if the database does not answer, or has no place for Guestpass */
export async function requireReachable(db: Knex): Promise<void> {
  await db.raw("SELECT 1").catch((cause: NodeJS.ErrnoException) => {
    const unreachable = `The database does not answer: ${cause.message || cause.code}. GUESTPASS_DATABASE_URL says where it is.`;
    throw asRefusal(cause) ?? new InputError(unreachable, { cause });
  });
  if (!isEmbedded(db)) await requireNamespace(db);
}

/** PostgreSQL accepts any name for the schema, and fails only when something is created in it. */
async function requireNamespace(db: Knex): Promise<void> {
  const { rows } = await db.raw("SELECT current_schema() AS found");
  if (rows[0].found !== null) return;
  const { searchPath: schema } = db.client.config as { searchPath?: string };
  throw new InputError(
    `The database has no schema ${schema ?? "public"}, or the user may not use it. GUESTPASS_DATABASE_URL names it; create it with CREATE SCHEMA ${schema ?? "public"} AUTHORIZATION its_user.`,
  );
}
