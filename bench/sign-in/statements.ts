// The statements of a sign-in, counted in the drivers of a running Guestpass: one guest after another, nothing timed.
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { DatabaseKind } from "../databases.ts";
import { ask, stop } from "../processes.ts";
import { median } from "../statistics.ts";
import type { Round, RoundResult } from "./load.ts";
import { type Setting, startLoad, startSystem } from "./servers.ts";

export interface Statements {
  /** All that the driver was given, BEGIN and COMMIT included; what the server asks now and then whatever happens is left out. */
  all: number;
  /** Of these, BEGIN, COMMIT and ROLLBACK. */
  transactions: number;
  /** Each statement and how often a sign-in runs it. */
  list: [sql: string, times: number][];
}

type Counts = Record<string, number>;

const guests = 15;
/** Longer than anything is kept in memory. */
const pause = 5500;
/** Long enough to see what the server asks by itself. */
const idle = 3000;
const counter = fileURLToPath(new URL("../count-statements.ts", import.meta.url));

export async function countStatements(
  kind: DatabaseKind,
  setting: Setting & { codesPort: number },
): Promise<Record<"new" | "returning" | "unhurried", Statements>> {
  const running = await startSystem(kind, { ...setting, nodeOptions: ["--import", counter] });
  const load = startLoad(setting, running);
  const count = async (round: Pick<Round, "guests" | "pause">): Promise<Counts> => {
    await ask<Counts>(running.process, "begin");
    await ask<RoundResult>(load, { ...round, signIns: 1, atOnce: 1 });
    return ask<Counts>(running.process, "end");
  };
  try {
    await ask<RoundResult>(load, { guests: "new", signIns: 5, atOnce: 5 } satisfies Round);
    const [first, later]: [Counts[], Counts[]] = [[], []];
    for (let guest = 0; guest < guests; guest++) {
      first.push(await count({ guests: "new" }));
      later.push(await count({ guests: "returning" }));
    }
    const slow = await count({ guests: "returning", pause });
    await ask<Counts>(running.process, "begin");
    await wait(idle);
    const byItself = await ask<Counts>(running.process, "end");
    // A guest who takes their time causes no more of what comes by itself than one who does not.
    const usual = Object.fromEntries(summary(later).list);
    for (const sql of Object.keys(byItself)) slow[sql] = usual[sql] ?? 0;
    return { new: summary(first), returning: summary(later), unhurried: summary([slow]) };
  } finally {
    await stop(load);
    await running.stop();
  }
}

function summary(counted: Counts[]): Statements {
  const total = (statements: [sql: string, times: number][]) => statements.reduce((sum, [, times]) => sum + times, 0);
  const list = [...new Set(counted.flatMap((counts) => Object.keys(counts)))]
    .map((sql): [string, number] => [sql, median(counted.map((counts) => counts[sql] ?? 0))])
    .filter(([, times]) => times > 0);
  return { all: total(list), transactions: total(list.filter(([sql]) => /^(BEGIN|COMMIT|ROLLBACK)/i.test(sql))), list };
}
