import { setTimeout as wait } from "node:timers/promises";

/** Waits until the check answers true: it is asked again every 20 ms, for 10 s. For what happens in the background. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (let asked = 0; asked < 500; asked++) {
    if (await check()) return;
    await wait(20);
  }
  throw new Error(`after 10 s not yet: ${what}`);
}
