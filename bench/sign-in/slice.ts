// One slice: one system in fresh processes, warmed up, measured round by round, stopped.
import type { ChildProcess } from "node:child_process";
import { ask, cpuOf, memoryOf, stop } from "../processes.ts";
import { percentile } from "../statistics.ts";
import type { Round, RoundResult } from "./load.ts";
import { type RunningSystem, type Setting, type System, startLoad, startSystem } from "./servers.ts";

interface Measured {
  /** CPU of the server process (milliseconds a sign-in). */
  cpu: number;
  /** The same with PostgreSQL's backend processes. */
  cpuWithDatabase: number;
  /** Sign-ins a second. */
  rate: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  requests: number;
}

export interface Slice {
  new: Measured;
  returning: Measured;
  silent: Measured;
  /** New guests, 32 at once. */
  crowded: Measured;
  /** Milliseconds. */
  startedIn: number;
  /** MiB. */
  idleMemory: number;
}

export interface Amount {
  signIns: number;
  atOnce: number;
}

const warmUp = 400;
const crowd = 32;
const idleFor = 2000;

export async function measureSlice(system: System, setting: Setting & { codesPort: number }, { signIns, atOnce }: Amount): Promise<Slice> {
  const running = await startSystem(system, setting);
  const load = startLoad(setting, running);
  try {
    await new Promise((resolve) => setTimeout(resolve, idleFor));
    const idleMemory = memoryOf(running.process.pid as number);
    await ask<RoundResult>(load, { guests: "new", signIns: warmUp, atOnce } satisfies Round);
    await running.database.analyze();
    const measure = (round: Round) => measureRound(running, load, round);
    return {
      startedIn: running.startedIn,
      idleMemory,
      new: await measure({ guests: "new", signIns, atOnce }),
      returning: await measure({ guests: "returning", signIns, atOnce }),
      silent: await measure({ guests: "silent", signIns, atOnce }),
      crowded: await measure({ guests: "new", signIns, atOnce: crowd }),
    };
  } finally {
    await stop(load);
    await running.stop();
  }
}

async function measureRound(running: RunningSystem, load: ChildProcess, round: Round): Promise<Measured> {
  const pid = [running.process.pid as number];
  const backends = await running.database.backends();
  const [process, database] = [cpuOf(pid), cpuOf(backends)];
  const { milliseconds, seconds, requests } = await ask<RoundResult>(load, { ...round });
  const processCpu = cpuOf(pid) - process;
  // Connections opened meanwhile count from nothing.
  const databaseCpu = cpuOf(await running.database.backends()) - database;
  return {
    cpu: processCpu / round.signIns,
    cpuWithDatabase: (processCpu + databaseCpu) / round.signIns,
    rate: round.signIns / seconds,
    p50: percentile(milliseconds, 0.5),
    p99: percentile(milliseconds, 0.99),
    requests,
  };
}
