// The command line, run again and again in this process with an environment of its own each time; warm-command.ts asks.
import { runGuestpass } from "../../src/cli/run.ts";

class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const { PATH = "" } = process.env;
let printed = { stdout: "", stderr: "" };
for (const name of ["stdout", "stderr"] as const) {
  process[name].write = ((chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
    printed[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    const callback = typeof encoding === "function" ? encoding : done;
    if (typeof callback === "function") process.nextTick(callback as () => void);
    return true;
  }) as typeof process.stdout.write;
}
process.exit = ((code?: number) => {
  throw new Exit(code ?? 0);
}) as typeof process.exit;

process.on("message", async ({ args, settings }: { args: string[]; settings: Record<string, string> }) => {
  printed = { stdout: "", stderr: "" };
  process.env = { PATH, ...settings };
  process.exitCode = 0;
  let code: number;
  try {
    code = (await runGuestpass(args)) || Number(process.exitCode ?? 0);
  } catch (error) {
    code = error instanceof Exit ? error.code : 1;
    if (!(error instanceof Exit)) printed.stderr += (error as Error).stack;
  }
  process.exitCode = 0;
  // A process that ends need not tidy up what it listens for.
  process.stdout.removeAllListeners();
  process.send?.({ code, signal: null, ...printed });
});
