import { ask, stop } from "../processes.ts";
import type { Round, RoundResult } from "../sign-in/load.ts";
import { type Setting, startLoad, startSystem } from "../sign-in/servers.ts";

const round: Round = { guests: "new", signIns: 400, atOnce: 16 };

/** Sign-ins a second with one process on PostgreSQL, and with two; each request of a guest may go to either. */
export async function ratesOfInstances(setting: Setting & { codesPort: number }, slices: number): Promise<{ one: number; two: number }[]> {
  const measured: { one: number; two: number }[] = [];
  for (let slice = 0; slice < slices; slice++) measured.push({ one: await rate(setting, 1), two: await rate(setting, 2) });
  return measured;
}

async function rate(setting: Setting & { codesPort: number }, instances: number): Promise<number> {
  const running = await startSystem("postgres", setting, instances);
  const load = startLoad(setting, running);
  try {
    await ask<RoundResult>(load, round);
    await running.database.analyze();
    const { seconds } = await ask<RoundResult>(load, round);
    return round.signIns / seconds;
  } finally {
    await stop(load);
    await running.stop();
  }
}
