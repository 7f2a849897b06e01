// A full sign-in of Guestpass against a bare oidc-provider, in one run: server, load and SMTP sink are processes of their own, and the
// systems take turns in slices of fresh processes (there and back again), so that a machine that drifts drifts for all of them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.ts";
import { postgresServer } from "./databases.ts";
import { ask, startScript, stop } from "./processes.ts";
import { printReport, printStatements } from "./sign-in/report.ts";
import type { System } from "./sign-in/servers.ts";
import { measureSlice, type Slice } from "./sign-in/slice.ts";
import { countStatements } from "./sign-in/statements.ts";
import { amount, takeTurns } from "./turns.ts";

const help = `npm run bench -- sign-in [options]
  --slices N     how often each system is started and measured (6)
  --sign-ins N   sign-ins of each round of a slice (300)
  --at-once N    sign-ins at the same time (16)
  --only LIST    of sqlite, postgres and statements (all of them)
PostgreSQL is measured where BENCH_DATABASE_URL or TEST_DATABASE_URL names a server, in a schema that is removed afterwards.`;

export async function signIn(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      slices: { type: "string", default: "6" },
      "sign-ins": { type: "string", default: "300" },
      "at-once": { type: "string", default: "16" },
      only: { type: "string", default: "sqlite,postgres,statements" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const slices = amount("slices", values.slices, 50);
  const load = { signIns: amount("sign-ins", values["sign-ins"], 10_000), atOnce: amount("at-once", values["at-once"], 64) };
  const only = new Set(values.only.split(","));
  const databases = (["sqlite", "postgres"] as const).filter((kind) => only.has(kind) && (kind === "sqlite" || postgresServer));
  if (only.has("postgres") && !postgresServer)
    console.log("PostgreSQL is not measured: neither BENCH_DATABASE_URL nor TEST_DATABASE_URL is set.");

  const directory = await mkdtemp(join(tmpdir(), "guestpass-bench-"));
  const sink = startScript(new URL("./smtp-sink.ts", import.meta.url));
  try {
    const ports = await ask<{ smtp: number; codes: number }>(sink, "ports");
    const setting = { directory, programs: build(directory), smtpPort: ports.smtp, codesPort: ports.codes };
    if (only.has("statements")) {
      for (const kind of databases.length > 0 ? databases : (["sqlite"] as const))
        printStatements(kind, await countStatements(kind, setting));
    }
    if (databases.length === 0) return;
    const measured = await takeTurns<System, Slice>(["floor", ...databases], slices, async (system, turn) => {
      const slice = await measureSlice(system, setting, load);
      console.log(
        `slice ${turn} of ${slices}, ${system}: ${slice.new.cpu.toFixed(2)} ms of CPU a sign-in, ${slice.new.rate.toFixed(0)} a second`,
      );
      return slice;
    });
    printReport(measured, load);
  } finally {
    await stop(sink);
    await rm(directory, { recursive: true, force: true });
  }
}
