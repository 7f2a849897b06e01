// Effects that take a while to show: memory after many sign-ins, what is stored after a day, and what a second process on PostgreSQL adds.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.ts";
import { postgresServer } from "./databases.ts";
import { type Stored, storedOverADay } from "./endurance/day.ts";
import { ratesOfInstances } from "./endurance/instances.ts";
import { memoryOverSignIns } from "./endurance/memory.ts";
import { machine } from "./machine.ts";
import { ask, startScript, stop } from "./processes.ts";
import { median } from "./statistics.ts";
import { table } from "./table.ts";
import { amount } from "./turns.ts";

const help = `npm run bench -- endurance [options]
  --sign-ins N   for memory: after a tenth of them, and after all (10000)
  --guests N     for what is stored: so many sign in every hour of a day by the server's clock (20)
  --slices N     for a second process: how often one and two are measured (4)
  --only LIST    of memory, stored and instances (all of them)
A second process is measured where BENCH_DATABASE_URL or TEST_DATABASE_URL names a PostgreSQL server.`;

const target = { memory: 1.1, stored: 1.1, instances: 1.5 };

export async function endurance(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      "sign-ins": { type: "string", default: "10000" },
      guests: { type: "string", default: "20" },
      slices: { type: "string", default: "4" },
      only: { type: "string", default: "memory,stored,instances" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const signIns = amount("sign-ins", values["sign-ins"], 100_000);
  const guests = amount("guests", values.guests, 1000);
  const slices = amount("slices", values.slices, 50);
  const only = new Set(values.only.split(","));
  const directory = await mkdtemp(join(tmpdir(), "guestpass-bench-"));
  const sink = startScript(new URL("./smtp-sink.ts", import.meta.url));
  try {
    const ports = await ask<{ smtp: number; codes: number }>(sink, "ports");
    const setting = { directory, programs: build(directory), smtpPort: ports.smtp, codesPort: ports.codes };
    const results: string[][] = [];
    if (only.has("memory")) {
      const [early, late] = await memoryOverSignIns(setting, signIns);
      results.push(row(`live memory after ${signIns} sign-ins against after ${signIns / 10}, MiB`, early, late, target.memory));
    }
    if (only.has("stored")) {
      const { hour, day } = await storedOverADay(setting, guests);
      printStored(hour, day);
      results.push(row("stored after a day against after an hour, audit apart, kB", total(hour) / 1000, total(day) / 1000, target.stored));
    }
    if (only.has("instances") && postgresServer) {
      const measured = await ratesOfInstances(setting, slices);
      const [one, two] = [median(measured.map((rates) => rates.one)), median(measured.map((rates) => rates.two))];
      results.push(row("sign-ins a second, two processes on PostgreSQL against one", one, two, target.instances, "at least"));
    }
    console.log(`\nSQLite but for the second process; Node.js ${process.version} ${machine()}.\n`);
    table(["", "before", "after", "ratio", "target", ""], results);
  } finally {
    await stop(sink);
    await rm(directory, { recursive: true, force: true });
  }
}

function row(name: string, before: number, after: number, limit: number, bound: "at most" | "at least" = "at most"): string[] {
  const ratio = after / before;
  const met = bound === "at most" ? ratio <= limit : ratio >= limit;
  return [name, before.toFixed(0), after.toFixed(0), ratio.toFixed(2), `${bound} ${limit}`, met ? "met" : "NOT met"];
}

function total(stored: Stored): number {
  return Object.entries(stored).reduce((sum, [name, { bytes }]) => (name.startsWith("audit") ? sum : sum + bytes), 0);
}

function printStored(hour: Stored, day: Stored): void {
  console.log("\nWhat is stored, where it changes:");
  const changed = Object.keys(day).filter((name) => day[name]?.bytes !== hour[name]?.bytes);
  table(
    ["", "rows after an hour", "after a day", "bytes after an hour", "after a day"],
    changed.map((name) => {
      const [before, after] = [hour[name], day[name]];
      return [name, String(before?.rows ?? 0), String(after?.rows ?? 0), String(before?.bytes ?? 0), String(after?.bytes ?? 0)];
    }),
  );
}
