// A program under proof: started as a person would, asked over HTTP, stopped as a supervisor would.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";

interface Place {
  cwd: string;
  /** Over the environment of this process. */
  env?: Record<string, string>;
}

const startsWithin = 30_000;
/** What supervisors usually grant before they kill. */
const stopsWithin = 10_000;

/**
 * Starts the command, does the work and sends SIGTERM to all of it.
 * @returns the exit code of the command itself, null where the signal ended it
 * @throws if the work fails, or something of it still runs 10 s after SIGTERM
 */
export async function whileRunning(command: string, place: Place, work: (program: Program) => Promise<void>): Promise<number | null> {
  const program = new Program(command, place);
  const outcome = await work(program).catch((error: unknown) => new Error("it does not do what it should", { cause: error }));
  const code = await program.stop();
  if (outcome instanceof Error) throw outcome;
  return code;
}

class Program {
  output = "";
  readonly #command: string;
  readonly #child: ChildProcess;
  /** Every process of the program has closed its output, the last thing that it does. */
  readonly #ended: Promise<number | null>;
  #running = true;

  constructor(command: string, { cwd, env = {} }: Place) {
    console.log(`$ ${command}`);
    this.#command = command;
    const [file, ...args] = command.split(" ");
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    const child = spawn(file as string, args, { cwd, env: { ...process.env, ...env }, detached: true, stdio });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        this.output += chunk;
      });
    }
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once("close", (code) => {
        this.#running = false;
        resolve(code);
      });
    });
  }

  /** Asks until the address answers 200. @returns the body */
  answer(url: string): Promise<string> {
    return this.#until(`${url} answers`, async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
      return response?.status === 200 ? response.text() : undefined;
    });
  }

  /** Waits until the program has printed what matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(`it prints ${pattern}`, async () => pattern.exec(this.output) ?? undefined);
  }

  async stop(): Promise<number | null> {
    this.#signal("SIGTERM");
    const late = new Promise<"late">((resolve) => setTimeout(resolve, stopsWithin, "late").unref());
    const ended = await Promise.race([this.#ended, late]);
    if (ended !== "late") return ended;
    this.#signal("SIGKILL");
    throw new Error(`${this.#command} still ran ${stopsWithin / 1000} s after SIGTERM:\n${this.output}`);
  }

  async #until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (const deadline = Date.now() + startsWithin; Date.now() < deadline; ) {
      const found = await look();
      if (found !== undefined) return found;
      if (!this.#running) throw new Error(`${this.#command} ended before ${what}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${startsWithin / 1000} s were not enough for ${this.#command} until ${what}:\n${this.output}`);
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-(this.#child.pid as number), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Runs a command to its end. @throws if it fails */
export function run(command: string, { cwd, env = {} }: Place): void {
  console.log(`$ ${command}`);
  const [file, ...args] = command.split(" ");
  const { status } = spawnSync(file as string, args, { cwd, env: { ...process.env, ...env }, stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} failed with exit code ${status}`);
}
