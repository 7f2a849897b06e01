// The figures as tables: medians of the slices, ratios taken slice by slice, and whether each target is met.
import { machine } from "../machine.ts";
import { median } from "../statistics.ts";
import { table } from "../table.ts";
import type { System } from "./servers.ts";
import type { Amount, Slice } from "./slice.ts";
import type { Statements } from "./statements.ts";

type Figure = (slice: Slice) => number;
type Results = Map<System, Slice[]>;

const target = { cpu: 1.6, cpuWithDatabase: 2.2, rate: 0.55, silent: 0.55, idleMemory: 110, p99: 2, start: 1.5, statements: 22 };

export function printReport(results: Results, { signIns, atOnce }: Amount): void {
  const slices = results.get("floor")?.length ?? 0;
  console.log(`
${slices} slices of fresh processes a system, ${signIns} sign-ins a round, ${atOnce} at once, ${machine()}.
Node.js ${process.version}. Medians; ratios are taken within each slice, in brackets the lowest and the highest. CPU is the server process's own.
`);
  table(
    ["", ...results.keys()],
    figures.map(([name, figure, digits]) => [name, ...absolute(results, figure, digits)]),
  );
  console.log("");
  table(["ratio", "measured", "target", ""], ratios(results));
}

const figures: [name: string, figure: Figure, digits: number][] = [
  ["HTTP requests of a sign-in (7, and the GET after the redirect that answers a form)", (slice) => slice.new.requests, 0],
  ["new guest: CPU of the process, ms a sign-in", (slice) => slice.new.cpu, 2],
  ["new guest: CPU with the database's processes, ms", (slice) => slice.new.cpuWithDatabase, 2],
  ["new guest: sign-ins a second", (slice) => slice.new.rate, 0],
  ["new guest: p50, ms", (slice) => slice.new.p50, 0],
  ["new guest: p99, ms", (slice) => slice.new.p99, 0],
  ["returning guest: CPU of the process, ms", (slice) => slice.returning.cpu, 2],
  ["returning guest: CPU with the database's processes, ms", (slice) => slice.returning.cpuWithDatabase, 2],
  ["returning guest: sign-ins a second", (slice) => slice.returning.rate, 0],
  ["silent sign-in (3 requests): CPU of the process, ms", (slice) => slice.silent.cpu, 2],
  ["32 at once: p50, ms", (slice) => slice.crowded.p50, 0],
  ["32 at once: p99, ms", (slice) => slice.crowded.p99, 0],
  ["idle memory, MiB", (slice) => slice.idleMemory, 0],
  ["start to the first answer of discovery, ms", (slice) => slice.startedIn, 0],
];

function absolute(results: Results, figure: Figure, digits: number): string[] {
  return [...results.values()].map((slices) => median(slices.map(figure)).toFixed(digits));
}

function ratios(results: Results): string[][] {
  const floor = results.get("floor") ?? [];
  return [...results].flatMap(([system, slices]) => {
    if (system === "floor") return [];
    const against = (figure: Figure) => slices.map((slice, turn) => figure(slice) / figure(floor[turn] as Slice));
    return [
      row(
        `${system}: CPU, new guest, process`,
        against((slice) => slice.new.cpu),
        target.cpu,
      ),
      row(
        `${system}: CPU, returning guest, process`,
        against((slice) => slice.returning.cpu),
        target.cpu,
      ),
      ...(system === "postgres"
        ? [
            row(
              `${system}: CPU, new guest, with the database`,
              against((slice) => slice.new.cpuWithDatabase),
              target.cpuWithDatabase,
            ),
            row(
              `${system}: CPU, returning guest, with the database`,
              against((slice) => slice.returning.cpuWithDatabase),
              target.cpuWithDatabase,
            ),
          ]
        : []),
      row(
        `${system}: sign-ins a second, new guest`,
        against((slice) => slice.new.rate),
        target.rate,
        "at least",
      ),
      row(
        `${system}: sign-ins a second, returning guest`,
        against((slice) => slice.returning.rate),
        target.rate,
        "at least",
      ),
      row(
        `${system}: CPU of a silent sign-in against the full one`,
        slices.map((slice) => slice.silent.cpu / slice.new.cpu),
        target.silent,
      ),
      row(
        `${system}: p99 at 32 at once against the median`,
        slices.map((slice) => slice.crowded.p99 / slice.crowded.p50),
        target.p99,
      ),
      row(
        `${system}: idle memory, MiB`,
        slices.map((slice) => slice.idleMemory),
        target.idleMemory,
      ),
      row(
        `${system}: start`,
        against((slice) => slice.startedIn),
        target.start,
      ),
    ];
  });
}

function row(name: string, values: number[], limit: number, bound: "at most" | "at least" = "at most"): string[] {
  const value = median(values);
  const met = bound === "at most" ? value <= limit : value >= limit;
  const digits = limit >= 10 ? 0 : 2;
  const range = `(${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
  return [name, `${value.toFixed(digits)} ${range}`, `${bound} ${limit}`, met ? "met" : "NOT met"];
}

type Guest = "new" | "returning" | "unhurried";

const guestNames: Record<Guest, string> = {
  new: "new guest",
  returning: "returning guest",
  unhurried: "returning guest who takes 5.5 s for each form",
};

export function printStatements(system: System, counted: Record<Guest, Statements>): void {
  console.log(`\nStatements of a sign-in on ${system}, mail and its settling included:`);
  table(
    ["times", "returning guest"],
    counted.returning.list.map(([sql, times]) => [String(times), sql.slice(0, 150)]),
  );
  console.log("");
  table(
    ["", "statements", "with BEGIN and COMMIT", "target", ""],
    (["new", "returning", "unhurried"] as const).map((guest) => {
      const { all, transactions } = counted[guest];
      const met = all <= target.statements ? "met" : all - transactions <= target.statements ? "met without BEGIN and COMMIT" : "NOT met";
      return [guestNames[guest], String(all - transactions), String(all), `at most ${target.statements}`, met];
    }),
  );
}
