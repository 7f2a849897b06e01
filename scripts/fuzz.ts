// npm run fuzz -- [--runs N] [--seed N]: sends N odd requests of each kind to a Guestpass of its own, and asks the administration API N times
// for each operation. It fails where an answer is not meant or a fault is logged, and prints the longest time for which the event loop stood
// still. TEST_DATABASE and TEST_DATABASE_URL say which database, as for the tests.
import { parseArgs } from "node:util";
import { type Fuzzed, fuzz, fuzzSettings } from "../test/support/fuzz.ts";
import { Guestpass } from "../test/support/guestpass.ts";
import { memoryLog } from "../test/support/memory-log.ts";
import { tryContract } from "../test/support/try-contract.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "1000" }, seed: { type: "string" } } });
const runs = Number(values.runs);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
console.log(`seed ${seed}, ${runs} of each kind`);

const { log, lines } = memoryLog("error");
const api = await withGuestpass((guestpass) => tryContract(guestpass, { seed, runs: Math.ceil(runs / 20) }));
const { wrong, answers, longest }: Fuzzed = await withGuestpass((guestpass) => fuzz(guestpass, { seed, runs }));

console.table({ ...answers, "administration API": api.statuses });
console.log(`The event loop stood still for ${longest.ms} ms at the most, during: ${longest.during}`);
console.log("Client and server share a process here, so the client's work, and that of a busy machine, is in it.");
const problems = [...wrong, ...api.undocumented, ...lines];
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);

async function withGuestpass<Result>(work: (guestpass: Guestpass) => Promise<Result>): Promise<Result> {
  const guestpass = await Guestpass.start(fuzzSettings, { log });
  try {
    return await work(guestpass);
  } finally {
    await guestpass.stop();
  }
}
