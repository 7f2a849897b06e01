import { setTimeout as wait } from "node:timers/promises";

/** How long (milliseconds) to wait before each further attempt. */
const patience = [500, 2000, 5000, 10_000, 30_000];

/**
 * Runs work that need not be waited for and should not be lost while the database is away: tries at once and, if that fails, again in the
 * background for about a minute. It never throws.
 */
export async function persistently(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch {
    void again(work);
  }
}

async function again(work: () => Promise<void>): Promise<void> {
  for (const pause of patience) {
    await wait(pause, undefined, { ref: false });
    const done = await work().then(
      () => true,
      () => false,
    );
    if (done) return;
  }
}
