import { setTimeout as wait } from "node:timers/promises";

const every = 20;

/** Waits until the check answers true: it is asked again every 20 ms, for so many seconds. For what happens in the background. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  for (let asked = 0; asked < (seconds * 1000) / every; asked++) {
    if (await check()) return;
    await wait(every);
  }
  throw new Error(`after ${seconds} s not yet: ${what}`);
}
