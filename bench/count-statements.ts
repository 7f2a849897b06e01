// Loaded into a server with --import: counts each statement that the database drivers are given. Asked by a message, it answers and
// begins anew. Only the counting run loads it; nothing is timed there.
import pg from "pg";
import sqlite3 from "sqlite3";

let counts: Record<string, number> = {};

function count(sql: string): void {
  const line = sql.replace(/\s+/g, " ").trim();
  counts[line] = (counts[line] ?? 0) + 1;
}

type Method = (...args: unknown[]) => unknown;

/** Puts `before` in front of a driver's method. */
function watch(target: object, name: string, before: (self: unknown, args: unknown[]) => void): void {
  const methods = target as Record<string, Method>;
  const original = methods[name] as Method;
  methods[name] = function (this: unknown, ...args: unknown[]) {
    before(this, args);
    return original.apply(this, args);
  };
}

for (const name of ["run", "get", "all", "each"]) {
  watch(sqlite3.Statement.prototype, name, (self) => count((self as { sql: string }).sql));
}
watch(sqlite3.Database.prototype, "exec", (_self, [sql]) => count(String(sql)));
watch(pg.Client.prototype, "query", (_self, [query]) => count(typeof query === "string" ? query : (query as { text: string }).text));

process.on("message", () => {
  process.send?.(counts);
  counts = {};
});
process.channel?.unref();
