import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ask, stop } from "../processes.ts";
import type { Round, RoundResult } from "../sign-in/load.ts";
import { type Setting, startLoad, startSystem } from "../sign-in/servers.ts";

/** Milliseconds without work before the memory is read: longer than anything is kept in memory. */
const rest = 6000;
/** The load remembers the guests of a round. */
const roundOf = 500;

const collector = fileURLToPath(new URL("./live-memory.ts", import.meta.url));

/**
 * Resident memory varies by a factor of two with when V8 last returned some, so this measures what is left after a collection.
 * @returns the live memory (MiB) of a server after a tenth of the sign-ins, and after all of them
 */
export async function memoryOverSignIns(setting: Setting & { codesPort: number }, signIns: number): Promise<[number, number]> {
  const running = await startSystem("sqlite", { ...setting, nodeOptions: ["--import", collector] });
  const load = startLoad(setting, running);
  const signInGuests = async (count: number) => {
    for (let left = count; left > 0; left -= roundOf)
      await ask<RoundResult>(load, { guests: "new", signIns: Math.min(left, roundOf), atOnce: 16 } satisfies Round);
    await wait(rest);
    return ask<number>(running.process, "live memory");
  };
  try {
    const early = await signInGuests(signIns / 10);
    return [early, await signInGuests(signIns - signIns / 10)];
  } finally {
    await stop(load);
    await running.stop();
  }
}
