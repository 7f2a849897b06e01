// Commands in a process that stays, one after the other: loading the program takes longer than most of them. command.ts runs one as people do.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Ended } from "./command.ts";

let warm: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Runs `guestpass ...` to its end, after those that were asked for before. @param settings the environment */
export function runWarm(args: string[], settings: Record<string, string>): Promise<Ended> {
  const run = last.then(() => ask(args, settings));
  last = run.catch(() => undefined);
  return run;
}

function ask(args: string[], settings: Record<string, string>): Promise<Ended> {
  const child = (warm ??= start());
  return new Promise((resolve, reject) => {
    const died = () => reject(new Error(`the process ended during guestpass ${args.join(" ")}`));
    child.once("exit", died);
    child.once("message", (ended) => {
      child.off("exit", died);
      resolve(ended as Ended);
    });
    child.send({ args, settings });
  });
}

function start(): ChildProcess {
  const child = fork(fileURLToPath(new URL("./warm-program.ts", import.meta.url)), { stdio: "ignore" });
  child.once("exit", () => (warm = undefined));
  // It ends with this process, which need not wait for it.
  child.unref();
  child.channel?.unref();
  return child;
}
